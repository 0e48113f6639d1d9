package io.carillon.sns;

import io.carillon.outbox.Outcome;

/// Hands text messages to whoever carries them.
@FunctionalInterface
public interface TextTransport {

  /// @return [Outcome.Done] once the SMS centre has taken responsibility for all parts,
  ///   [Outcome.Rejected] where it refused for good
  Outcome send(TextMessage message);

  /// @param id the same over all tries
  /// @param to in E.164 form
  /// @param senderId shown as the sender; empty for the configured one
  record TextMessage(String id, String to, String text, String senderId) {}
}
