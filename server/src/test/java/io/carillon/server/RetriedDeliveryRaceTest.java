package io.carillon.server;

import static io.carillon.server.RaceServer.ALLOW_ALL;
import static io.carillon.server.RaceServer.service;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.lambda.model.InvocationType;
import software.amazon.awssdk.services.s3.model.ObjectIdentifier;

/// What the outbox delivers within this server is decided when the attempt is settled, not when it
/// was planned.
@Tag("slow")
class RetriedDeliveryRaceTest {
  /// More than one transaction delivers, so that some events become jobs.
  private static final int MANY = 400;

  @TempDir static Path folder;
  private static RaceServer server;

  enum Change {
    POLICY_REVOKED,
    QUEUE_DELETED
  }

  @BeforeAll
  static void start() throws IOException {
    server = RaceServer.start(folder);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  /// Nothing arrives at the queue after the revocation has committed: the attempt that had been
  /// planned before it is refused too.
  @Test
  void noEventIsDeliveredAfterItsPermissionWasRevoked() {
    String bucket = server.name("bucket");
    String queue = server.queue(bucket + "-queue", service("s3"));
    server.s3.createBucket(b -> b.bucket(bucket));
    server.notify(bucket, queue, "");
    List<ObjectIdentifier> keys =
        IntStream.range(0, MANY)
            .mapToObj(i -> ObjectIdentifier.builder().key("key" + i).build())
            .toList();
    AtomicInteger delivered = new AtomicInteger();
    server.interleaveAttempt(
        () -> server.s3.deleteObjects(b -> b.bucket(bucket).delete(d -> d.objects(keys))),
        () -> {
          server.sqs.setQueueAttributes(
              b -> b.queueUrl(server.url(queue)).attributesWithStrings(Map.of("Policy", "")));
          delivered.set(server.count(queue));
        });
    server.settle();
    assertThat(server.count(queue)).isEqualTo(delivered.get()).isLessThan(MANY);
    assertThat(server.deadLetters(queue))
        .hasSize(MANY - delivered.get())
        .allMatch(job -> job.why().contains("does not let s3.amazonaws.com do"));
  }

  /// The record of an invocation is sent with the function's role, in an attempt of its own.
  @ParameterizedTest
  @EnumSource
  void anInvocationRecordIsNotDeliveredAfterTheChange(Change change) {
    String name = server.name("function");
    String queue = server.queue(name + "-dlq", null);
    server.function(name, queue);
    try {
      server.interleaveAttempt(
          () ->
              server.lambda.invoke(
                  b ->
                      b.functionName(name)
                          .invocationType(InvocationType.EVENT)
                          .payload(SdkBytes.fromUtf8String("{}"))),
          () -> {
            switch (change) {
              case POLICY_REVOKED ->
                  server.iam.deleteRolePolicy(b -> b.roleName("role").policyName("all"));
              case QUEUE_DELETED -> server.sqs.deleteQueue(b -> b.queueUrl(server.url(queue)));
            }
          });
      server.settle();
    } finally {
      server.iam.putRolePolicy(b -> b.roleName("role").policyName("all").policyDocument(ALLOW_ALL));
    }
    switch (change) {
      case POLICY_REVOKED -> {
        assertThat(server.count(queue)).isZero();
        assertThat(server.deadLetter(queue).why()).contains("is not authorized to perform");
      }
      case QUEUE_DELETED -> assertThat(server.deadLetter(queue).why()).contains("does not exist");
    }
  }
}
