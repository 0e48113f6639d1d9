package io.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TraceCommandTest {
  @ParameterizedTest
  @ValueSource(strings = {"s3://b/k/l.txt", "b/k/l.txt", "/b/k/l.txt", "arn:aws:s3:::b/k/l.txt"})
  void anObjectIsNamedInEverySpelling(String argument) {
    assertThat(TraceCommand.query(List.of(argument)))
        .isEqualTo(Map.of("bucket", "b", "key", "k/l.txt"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"s3://b", "s3://b/", "b", "b/", "arn:aws:s3:::b"})
  void aBucketIsNamedInEverySpelling(String argument) {
    assertThat(TraceCommand.query(List.of(argument))).isEqualTo(Map.of("bucket", "b"));
  }

  @Test
  void anEventIsNamedByItsId() {
    String id = "01a22c2168bb-GUG3ZZ5YCYNSYS2J";
    assertThat(TraceCommand.query(List.of(id))).isEqualTo(Map.of("event", id));
  }
}
