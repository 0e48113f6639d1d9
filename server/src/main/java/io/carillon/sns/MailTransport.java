package io.carillon.sns;

import io.carillon.outbox.DeliveryOutcome;

/// Sends mail.
@FunctionalInterface
public interface MailTransport {

  /// @return [DeliveryOutcome.Done] once the next server has taken responsibility,
  ///   [DeliveryOutcome.Rejected] where it refused for good
  DeliveryOutcome send(Mail mail);

  /// @param id for `Message-ID`: the same over all attempts, so that a duplicate can be recognized
  /// @param fromName the sender's display name
  /// @param to an address without name or brackets
  record Mail(String id, String fromName, String to, String subject, String body) {}
}
