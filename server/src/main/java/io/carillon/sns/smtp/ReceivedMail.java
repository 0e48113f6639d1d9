package io.carillon.sns.smtp;

import java.time.Instant;
import java.util.List;

/// A mail that the built-in receiver stored.
///
/// @param from the envelope's sender
/// @param to the envelope's recipients
/// @param raw the message as received, header and body
@SuppressWarnings("ArrayRecordComponent") // mails are not compared
public record ReceivedMail(String from, List<String> to, Instant received, byte[] raw) {}
