package io.carillon.sns;

import io.carillon.outbox.DeliveryOutcome;

/// Sends text messages.
@FunctionalInterface
public interface SmsTransport {

  /// @return [DeliveryOutcome.Done] once the SMS centre has taken responsibility for all parts,
  ///   [DeliveryOutcome.Rejected] where it refused for good
  DeliveryOutcome send(TextMessage message);

  /// @param id the same over all attempts
  /// @param to in E.164 form
  /// @param senderId shown as the sender; empty for the configured one
  record TextMessage(String id, String to, String text, String senderId) {}
}
