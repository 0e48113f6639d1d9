package io.carillon.sns.smtp;

import java.time.Instant;
import java.util.List;

/// A mail as the built-in receiver took it in.
///
/// @param from the envelope's sender
/// @param to the envelope's recipients
/// @param raw the message as it came, header and body
@SuppressWarnings("ArrayRecordComponent") // mails are not compared
public record ReceivedMail(String from, List<String> to, Instant received, byte[] raw) {}
