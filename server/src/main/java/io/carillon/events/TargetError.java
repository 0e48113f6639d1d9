package io.carillon.events;

import io.carillon.messaging.Acceptance.Refused;
import java.util.Optional;

/// Why a target did not get an event, as dead-letter queues say it in `ERROR_CODE`.
///
/// Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
enum TargetError {
  ERROR_FROM_TARGET,
  INVALID_JSON,
  NO_PERMISSIONS,
  NO_RESOURCE,
  /// A failure that was retried.
  INTERNAL_ERROR;

  static TargetError of(Refused refused) {
    return switch (refused.reason()) {
      case ABSENT -> NO_RESOURCE;
      case DENIED -> NO_PERMISSIONS;
      case OTHER -> ERROR_FROM_TARGET;
    };
  }

  /// The reason that the outbox records; [#find] reads it again.
  String reason(String message) {
    return name() + ": " + message;
  }

  /// The error of a recorded reason; empty for failures that were retried.
  static Optional<TargetError> find(String reason) {
    for (TargetError error : values()) {
      if (reason.startsWith(error.name() + ": ")) {
        return Optional.of(error);
      }
    }
    return Optional.empty();
  }

  String message(String reason) {
    return reason.startsWith(name() + ": ") ? reason.substring(name().length() + 2) : reason;
  }
}
