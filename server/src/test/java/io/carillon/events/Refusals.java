package io.carillon.events;

import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.carillon.aws.AwsException;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/// Asserts errors of EventBridge.
final class Refusals {
  private Refusals() {}

  static void assertRefused(ThrowingCallable call, String code, String message) {
    assertThatExceptionOfType(AwsException.class)
        .isThrownBy(call)
        .satisfies(
            e -> org.assertj.core.api.Assertions.assertThat(e.error().code()).isEqualTo(code))
        .withMessageContaining(message);
  }
}
