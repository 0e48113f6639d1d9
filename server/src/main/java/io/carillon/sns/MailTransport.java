package io.carillon.sns;

import io.carillon.outbox.Outcome;

/// Hands mail to whoever carries it.
@FunctionalInterface
public interface MailTransport {

  /// @return [Outcome.Done] once the next server has taken responsibility, [Outcome.Rejected] where
  ///   it refused for good
  Outcome send(Mail mail);

  /// @param id stands in `Message-ID`: the same over all tries, so that a second copy can be told
  /// @param fromName shown as the sender
  /// @param to an address without name or brackets
  record Mail(String id, String fromName, String to, String subject, String body) {}
}
