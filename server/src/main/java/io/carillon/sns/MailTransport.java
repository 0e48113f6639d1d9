package io.carillon.sns;

import io.carillon.outbox.DeliveryOutcome;

/// Hands mail to whoever carries it.
@FunctionalInterface
public interface MailTransport {

  /// @return [DeliveryOutcome.Done] once the next server has taken responsibility,
  ///   [DeliveryOutcome.Rejected] where it refused for good
  DeliveryOutcome send(Mail mail);

  /// @param id stands in `Message-ID`: the same over all tries, so that a second copy can be told
  /// @param fromName shown as the sender
  /// @param to an address without name or brackets
  record Mail(String id, String fromName, String to, String subject, String body) {}
}
