package io.carillon.sns.smtp;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A mail that the built-in receiver stored.
///
/// @param from the envelope's sender
/// @param to the envelope's recipients
/// @param raw the message as received, header and body
/// @param followed the links in it that this installation has followed; null for none
@SuppressWarnings("ArrayRecordComponent") // mails are not compared
public record ReceivedMail(
    String from, List<String> to, Instant received, byte[] raw, @Nullable List<String> followed) {

  List<String> followedLinks() {
    return followed == null ? List.of() : followed;
  }

  ReceivedMail following(String link) {
    List<String> all = new ArrayList<>(followedLinks());
    all.add(link);
    return new ReceivedMail(from, to, received, raw, List.copyOf(all));
  }
}
