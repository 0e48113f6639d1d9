package io.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TraceCommandTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "s3://b/k/l.txt",
        "S3://b/k/l.txt",
        "b/k/l.txt",
        "/b/k/l.txt",
        "arn:aws:s3:::b/k/l.txt",
        "arn:aws-cn:s3:::b/k/l.txt",
        "http://127.0.0.1:4566/b/k/l.txt",
        "http://localhost:4566/b/k/l.txt?X-Amz-Signature=0&versionId=1",
        "http://[::1]:4566/b/k/l.txt",
        "http://b.localhost:4566/k/l.txt",
        "https://b.s3.amazonaws.com/k/l.txt",
        "https://b.s3.eu-central-1.amazonaws.com/k/l.txt",
        "https://s3.eu-central-1.amazonaws.com/b/k/l.txt",
        "https://files.example/b/k/l.txt",
      })
  void objectsAreFoundByEveryNotation(String argument) {
    assertThat(TraceCommand.query(List.of(argument)))
        .isEqualTo(Map.of("bucket", "b", "key", "k/l.txt"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"s3://b", "s3://b/", "b", "b/", "arn:aws:s3:::b"})
  void bucketsAreFoundByEveryNotation(String argument) {
    assertThat(TraceCommand.query(List.of(argument))).isEqualTo(Map.of("bucket", "b"));
  }

  @Test
  void keysInUrlsAreDecoded() {
    assertThat(TraceCommand.query(List.of("http://127.0.0.1:4566/my.bucket/a%20b%2Bc")))
        .isEqualTo(Map.of("bucket", "my.bucket", "key", "a b+c"));
    assertThat(TraceCommand.query(List.of("https://my.bucket.s3.amazonaws.com/a%20b")))
        .isEqualTo(Map.of("bucket", "my.bucket", "key", "a b"));
    assertThat(TraceCommand.query(List.of("http://no url"))).containsKey("bucket");
  }

  @Test
  void eventsAreFoundByTheirId() {
    String id = "01a22c2168bb-GUG3ZZ5YCYNSYS2J";
    assertThat(TraceCommand.query(List.of(id))).isEqualTo(Map.of("event", id));
  }
}
