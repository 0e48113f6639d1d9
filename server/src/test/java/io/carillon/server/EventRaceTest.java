package io.carillon.server;

import static io.carillon.server.RaceServer.allowPublish;
import static io.carillon.server.RaceServer.allowSend;
import static io.carillon.server.RaceServer.arn;
import static io.carillon.server.RaceServer.service;
import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.outbox.DeadLetters.DeadLetter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import software.amazon.awssdk.core.sync.RequestBody;

/// The destination of an event changes after the upload was planned and before it commits: the
/// event goes where it would go if the upload had come after the change.
@Tag("slow")
class EventRaceTest {
  private static final String EVENTS = "s3.event";

  @TempDir static Path folder;
  private static RaceServer server;

  /// A destination of events. What it receives ends in a queue, which outlives it.
  enum Destination {
    QUEUE {
      @Override
      String arnOf(String name) {
        return arn("sqs", name);
      }

      @Override
      void create(String name, boolean allowed) {
        server.queue(name, allowed ? service("s3") : null);
      }

      @Override
      void allow(String name, boolean allowed) {
        String policy = allowed ? allowSend(arnOf(name), service("s3")) : "";
        server.sqs.setQueueAttributes(
            b ->
                b.queueUrl(server.url(arnOf(name)))
                    .attributesWithStrings(Map.of("Policy", policy)));
      }

      @Override
      void delete(String name) {
        server.sqs.deleteQueue(b -> b.queueUrl(server.url(arnOf(name))));
      }

      @Override
      String endOf(String name) {
        return arnOf(name);
      }
    },
    TOPIC {
      @Override
      String arnOf(String name) {
        return arn("sns", name);
      }

      @Override
      void create(String name, boolean allowed) {
        server.sns.createTopic(b -> b.name(name));
        allow(name, allowed);
        server.queue(name + "-end", service("sns"));
        server.sns.subscribe(
            b -> b.topicArn(arnOf(name)).protocol("sqs").endpoint(arn("sqs", name + "-end")));
      }

      @Override
      void allow(String name, boolean allowed) {
        server.setPolicy(
            arnOf(name), allowPublish(arnOf(name), service(allowed ? "s3" : "cloudwatch")));
      }

      @Override
      void delete(String name) {
        server.sns.deleteTopic(b -> b.topicArn(arnOf(name)));
      }
    },
    FUNCTION {
      @Override
      String arnOf(String name) {
        return arn("lambda", "function:" + name);
      }

      @Override
      void create(String name, boolean allowed) {
        server.function(name, server.queue(name + "-end", null));
        if (allowed) {
          allow(name, true);
        }
      }

      @Override
      void allow(String name, boolean allowed) {
        if (allowed) {
          server.permit(name, null, "s3.amazonaws.com");
        } else {
          server.lambda.removePermission(b -> b.functionName(name).statementId("permit"));
        }
      }

      @Override
      void delete(String name) {
        server.lambda.deleteFunction(b -> b.functionName(name));
      }
    };

    abstract String arnOf(String name);

    /// @param allowed whether its policy allows S3 to send to it
    abstract void create(String name, boolean allowed);

    abstract void allow(String name, boolean allowed);

    abstract void delete(String name);

    /// The queue that gets what the destination receives.
    String endOf(String name) {
      return arn("sqs", name + "-end");
    }
  }

  @BeforeAll
  static void start() throws IOException {
    server = RaceServer.start(folder);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @ParameterizedTest
  @EnumSource
  void aDestinationThatNoLongerAllowsS3GetsNoEvent(Destination destination) {
    String name = create(destination, true);
    putInBucketOf(destination, name, () -> destination.allow(name, false));
    assertNotDelivered(destination, name, "does not let s3.amazonaws.com do");
  }

  @ParameterizedTest
  @EnumSource
  void aDestinationThatAllowsS3InTimeGetsTheEvent(Destination destination) {
    String name = create(destination, false);
    putInBucketOf(destination, name, () -> destination.allow(name, true));
    assertDelivered(destination, name);
  }

  @ParameterizedTest
  @EnumSource
  void theEventForADeletedDestinationIsADeadLetter(Destination destination) {
    String name = create(destination, true);
    putInBucketOf(destination, name, () -> destination.delete(name));
    assertThat(deadLetter(destination.arnOf(name)).why())
        .containsAnyOf("does not exist", "there is no topic");
  }

  /// It is another destination, whose policy does not allow S3.
  @ParameterizedTest
  @EnumSource
  void aDestinationThatWasCreatedAgainGetsNothingThatItsPolicyDoesNotAllow(
      Destination destination) {
    String name = create(destination, true);
    putInBucketOf(
        destination,
        name,
        () -> {
          destination.delete(name);
          destination.create(name, false);
        });
    assertNotDelivered(destination, name, "does not let s3.amazonaws.com do");
  }

  /// The rule names an ARN, not an incarnation: as with an upload that comes later, the new
  /// destination gets the event if it allows S3. The plan for the former one must not be applied:
  /// its topic has another id, its queue's messages are gone.
  @ParameterizedTest
  @EnumSource
  void aDestinationThatWasCreatedAgainAndAllowsS3GetsTheEvent(Destination destination) {
    String name = create(destination, true);
    putInBucketOf(
        destination,
        name,
        () -> {
          destination.delete(name);
          destination.create(name, true);
        });
    assertDelivered(destination, name);
  }

  @ParameterizedTest
  @EnumSource
  void otherDestinationsDoNotDisturb(Destination destination) {
    String name = create(destination, true);
    putInBucketOf(destination, name, () -> create(destination, true));
    assertDelivered(destination, name);
  }

  @Test
  void theEventForAnAliasGoesToTheVersionThatItNamesLast() {
    String name = server.name("function");
    String first = server.queue(name + "-first", null);
    String second = server.queue(name + "-second", null);
    server.function(name, first);
    String one = server.lambda.publishVersion(b -> b.functionName(name)).version();
    server.lambda.updateFunctionConfiguration(
        b -> b.functionName(name).deadLetterConfig(d -> d.targetArn(second)));
    String two = server.lambda.publishVersion(b -> b.functionName(name)).version();
    server.lambda.createAlias(b -> b.functionName(name).name("live").functionVersion(one));
    server.permit(name, "live", "s3.amazonaws.com");
    String bucket = bucket(arn("lambda", "function:" + name + ":live"));
    server.interleave(
        () -> put(bucket),
        () ->
            server.lambda.updateAlias(b -> b.functionName(name).name("live").functionVersion(two)));
    server.settle();
    assertThat(server.count(first)).isZero();
    assertThat(server.count(second)).isOne();
  }

  @Test
  void theEventForADeletedAliasIsADeadLetter() {
    String name = create(Destination.FUNCTION, false);
    String one = server.lambda.publishVersion(b -> b.functionName(name)).version();
    server.lambda.createAlias(b -> b.functionName(name).name("live").functionVersion(one));
    server.permit(name, "live", "s3.amazonaws.com");
    String alias = arn("lambda", "function:" + name + ":live");
    String bucket = bucket(alias);
    server.interleave(
        () -> put(bucket), () -> server.lambda.deleteAlias(b -> b.functionName(name).name("live")));
    assertThat(deadLetter(alias).why()).contains("does not exist");
    assertThat(server.count(Destination.FUNCTION.endOf(name))).isZero();
  }

  /// Concurrency does not decide whether an event is accepted: the invocation is queued and ends at
  /// the function's dead-letter queue without a run.
  @Test
  void aFunctionWithoutConcurrencyAcceptsTheEventAndDoesNotRun() {
    String name = create(Destination.FUNCTION, true);
    server.lambda.deleteFunctionConcurrency(b -> b.functionName(name));
    putInBucketOf(
        Destination.FUNCTION,
        name,
        () ->
            server.lambda.putFunctionConcurrency(
                b -> b.functionName(name).reservedConcurrentExecutions(0)));
    assertDelivered(Destination.FUNCTION, name);
    assertThat(server.rows("trace.steps"))
        .as("steps of events")
        .anyMatch(step -> step.contains("MATCHED") && step.contains("function:" + name))
        .noneMatch(step -> step.contains("INVOKED") && step.contains("function:" + name));
  }

  private static String create(Destination destination, boolean allowed) {
    String name = server.name(destination.name().toLowerCase(java.util.Locale.ROOT));
    destination.create(name, allowed);
    return name;
  }

  /// A bucket whose uploads cause an event for a destination.
  private static String bucket(String destination) {
    String bucket = server.name("bucket");
    server.s3.createBucket(b -> b.bucket(bucket));
    server.notify(bucket, destination, "");
    return bucket;
  }

  private static void putInBucketOf(Destination destination, String name, Runnable meanwhile) {
    String bucket = bucket(destination.arnOf(name));
    server.interleave(() -> put(bucket), meanwhile);
    assertThat(server.s3.listObjectsV2(b -> b.bucket(bucket)).keyCount()).isOne();
  }

  private static void put(String bucket) {
    server.s3.putObject(b -> b.bucket(bucket).key("key"), RequestBody.fromString("x"));
  }

  private static void assertDelivered(Destination destination, String name) {
    server.settle();
    assertThat(server.count(destination.endOf(name))).isOne();
    assertThat(server.deadLetters(destination.arnOf(name))).isEmpty();
  }

  private static void assertNotDelivered(Destination destination, String name, String why) {
    server.settle();
    assertThat(server.count(destination.endOf(name))).isZero();
    assertThat(deadLetter(destination.arnOf(name)).why()).contains(why);
  }

  private static DeadLetter deadLetter(String destination) {
    DeadLetter deadLetter = server.deadLetter(destination);
    assertThat(deadLetter.kind()).isEqualTo(EVENTS);
    return deadLetter;
  }
}
