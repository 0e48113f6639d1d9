package io.carillon.server;

import static io.carillon.server.RaceServer.ACCOUNT;
import static io.carillon.server.RaceServer.ALLOW_ALL;
import static io.carillon.server.RaceServer.DENIED;
import static io.carillon.server.RaceServer.UNKNOWN_KEY;
import static io.carillon.server.RaceServer.arn;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.carillon.server.RaceServer.Account;
import io.carillon.server.RaceServer.Clients;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.lambda.model.InvocationType;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.DeleteObjectsResponse;
import software.amazon.awssdk.services.s3.model.ObjectIdentifier;
import software.amazon.awssdk.services.s3.model.QueueConfiguration;
import software.amazon.awssdk.services.sns.model.PublishBatchRequestEntry;
import software.amazon.awssdk.services.sqs.model.SendMessageBatchRequestEntry;

/// A caller that loses a permission after its request was authorized, and before the commit, is
/// refused as if the request had arrived later; the request changes nothing.
@Tag("slow")
class RevokedCallerRaceTest {
  private static final String BUCKET = "bucket";
  private static final String TOPIC = arn("sns", "topic");
  private static final String QUEUE = arn("sqs", "queue");
  private static final String FUNCTION = arn("lambda", "function:function");

  @TempDir static Path folder;
  private static RaceServer server;
  private static String etag;
  private static String upload;

  /// An operation that changes something in a plan and its application. It answers with the error
  /// codes of single entries, for operations that report them in a successful response.
  enum Call {
    PUT_OBJECT(
        (c, _) -> {
          c.s3().putObject(b -> b.bucket(BUCKET).key("new"), RequestBody.fromString("new"));
          return List.of();
        }),
    PUT_OBJECT_TAGGING(
        (c, _) -> {
          c.s3().putObjectTagging(b -> b.bucket(BUCKET).key("object").tagging(RaceServer.TAGS));
          return List.of();
        }),
    DELETE_OBJECT_TAGGING(
        (c, _) -> {
          c.s3().deleteObjectTagging(b -> b.bucket(BUCKET).key("object"));
          return List.of();
        }),
    COPY_OBJECT(
        (c, _) -> {
          c.s3()
              .copyObject(
                  b ->
                      b.sourceBucket(BUCKET)
                          .sourceKey("object")
                          .destinationBucket(BUCKET)
                          .destinationKey("copy"));
          return List.of();
        }),
    UPLOAD_PART(
        (c, _) -> {
          c.s3()
              .uploadPart(
                  b -> b.bucket(BUCKET).key("large").uploadId(upload).partNumber(2),
                  RequestBody.fromString("part"));
          return List.of();
        }),
    UPLOAD_PART_COPY(
        (c, _) -> {
          c.s3()
              .uploadPartCopy(
                  b ->
                      b.sourceBucket(BUCKET)
                          .sourceKey("object")
                          .destinationBucket(BUCKET)
                          .destinationKey("large")
                          .uploadId(upload)
                          .partNumber(2));
          return List.of();
        }),
    COMPLETE_MULTIPART_UPLOAD(
        (c, _) -> {
          c.s3()
              .completeMultipartUpload(
                  b ->
                      b.bucket(BUCKET)
                          .key("large")
                          .uploadId(upload)
                          .multipartUpload(
                              m ->
                                  m.parts(
                                      CompletedPart.builder().partNumber(1).eTag(etag).build())));
          return List.of();
        }),
    DELETE_OBJECT(
        (c, _) -> {
          c.s3().deleteObject(b -> b.bucket(BUCKET).key("object"));
          return List.of();
        }),
    DELETE_OBJECTS(
        (c, _) -> {
          DeleteObjectsResponse response =
              c.s3()
                  .deleteObjects(
                      b ->
                          b.bucket(BUCKET)
                              .delete(
                                  d ->
                                      d.objects(
                                          ObjectIdentifier.builder().key("object").build(),
                                          ObjectIdentifier.builder().key("missing").build())));
          assertThat(response.deleted()).isEmpty();
          assertThat(response.errors()).hasSize(2);
          return response.errors().stream().map(e -> e.code()).toList();
        }),
    PUT_NOTIFICATION(
        (c, _) -> {
          c.s3()
              .putBucketNotificationConfiguration(
                  b -> b.bucket(BUCKET).notificationConfiguration(n -> {}));
          return List.of();
        }),
    PUBLISH(
        (c, _) -> {
          c.sns().publish(b -> b.topicArn(TOPIC).message("m"));
          return List.of();
        }),
    PUBLISH_BATCH(
        (c, _) -> {
          c.sns()
              .publishBatch(
                  b ->
                      b.topicArn(TOPIC)
                          .publishBatchRequestEntries(
                              PublishBatchRequestEntry.builder().id("one").message("m").build()));
          return List.of();
        }),
    PUBLISH_TO_PHONE(
        (c, _) -> {
          c.sns().publish(b -> b.phoneNumber("+4912345678").message("m"));
          return List.of();
        }),
    SEND_MESSAGE(
        (c, s) -> {
          c.sqs().sendMessage(b -> b.queueUrl(s.url(QUEUE)).messageBody("m"));
          return List.of();
        }),
    SEND_MESSAGE_BATCH(
        (c, s) -> {
          c.sqs()
              .sendMessageBatch(
                  b ->
                      b.queueUrl(s.url(QUEUE))
                          .entries(
                              SendMessageBatchRequestEntry.builder()
                                  .id("one")
                                  .messageBody("m")
                                  .build()));
          return List.of();
        }),
    INVOKE_EVENT(
        (c, _) -> {
          c.lambda()
              .invoke(
                  b ->
                      b.functionName(FUNCTION)
                          .invocationType(InvocationType.EVENT)
                          .payload(SdkBytes.fromUtf8String("{}")));
          return List.of();
        });

    @SuppressWarnings("ImmutableEnumChecker") // without state
    private final BiFunction<Clients, RaceServer, List<String>> run;

    Call(BiFunction<Clients, RaceServer, List<String>> run) {
      this.run = run;
    }

    /// Whether it acts on a resource whose policy can let other accounts do it.
    boolean mayBeForeign() {
      return this != PUBLISH_TO_PHONE && this != PUT_NOTIFICATION;
    }
  }

  /// How a user loses its permission.
  enum Revocation {
    POLICY_REMOVED(DENIED) {
      @Override
      void run(String user, Clients clients) {
        server.iam.deleteUserPolicy(b -> b.userName(user).policyName("all"));
      }
    },
    POLICY_DENIES(DENIED) {
      @Override
      void run(String user, Clients clients) {
        server.iam.putUserPolicy(
            b ->
                b.userName(user)
                    .policyName("deny")
                    .policyDocument(ALLOW_ALL.replace("Allow", "Deny")));
      }
    },
    ACCESS_KEY_DELETED(UNKNOWN_KEY) {
      @Override
      void run(String user, Clients clients) {
        server.iam.deleteAccessKey(b -> b.userName(user).accessKeyId(clients.accessKeyId()));
      }
    },
    ACCESS_KEY_INACTIVE(UNKNOWN_KEY) {
      @Override
      void run(String user, Clients clients) {
        server.iam.updateAccessKey(
            b -> b.userName(user).accessKeyId(clients.accessKeyId()).status("Inactive"));
      }
    },
    USER_DELETED(UNKNOWN_KEY) {
      @Override
      void run(String user, Clients clients) {
        ACCESS_KEY_DELETED.run(user, clients);
        POLICY_REMOVED.run(user, clients);
        server.iam.deleteUser(b -> b.userName(user));
      }
    },
    USER_CREATED_AGAIN(UNKNOWN_KEY) {
      @Override
      void run(String user, Clients clients) {
        USER_DELETED.run(user, clients);
        server.user(user);
      }
    };

    @SuppressWarnings("ImmutableEnumChecker") // a Set.of
    final Set<String> codes;

    Revocation(Set<String> codes) {
      this.codes = codes;
    }

    abstract void run(String user, Clients clients);
  }

  @BeforeAll
  static void start() throws IOException {
    server = RaceServer.start(folder);
    server.queue("queue", null);
    server.sns.createTopic(b -> b.name("topic"));
    server.sns.subscribe(b -> b.topicArn(TOPIC).protocol("sqs").endpoint(QUEUE));
    server.function("function", null);
    server.s3.createBucket(b -> b.bucket(BUCKET));
    server.s3.putBucketNotificationConfiguration(
        b ->
            b.bucket(BUCKET)
                .skipDestinationValidation(true)
                .notificationConfiguration(
                    n ->
                        n.queueConfigurations(
                            QueueConfiguration.builder()
                                .queueArn(QUEUE)
                                .eventsWithStrings(
                                    "s3:ObjectCreated:*",
                                    "s3:ObjectRemoved:*",
                                    "s3:ObjectTagging:*")
                                .build())));
    server.s3.putObject(b -> b.bucket(BUCKET).key("object"), RequestBody.fromString("x"));
    upload = server.s3.createMultipartUpload(b -> b.bucket(BUCKET).key("large")).uploadId();
    etag =
        server
            .s3
            .uploadPart(
                b -> b.bucket(BUCKET).key("large").uploadId(upload).partNumber(1),
                RequestBody.fromString("part"))
            .eTag();
    server.settle();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  /// Every operation with each kind of answer, and one operation of each service with the rest.
  static Stream<Arguments> revocations() {
    return Stream.of(Revocation.values())
        .flatMap(
            how ->
                (how == Revocation.POLICY_REMOVED || how == Revocation.ACCESS_KEY_DELETED
                        ? Stream.of(Call.values())
                        : Stream.of(
                            Call.PUT_OBJECT,
                            Call.DELETE_OBJECTS,
                            Call.PUBLISH,
                            Call.SEND_MESSAGE,
                            Call.INVOKE_EVENT))
                    .map(call -> Arguments.of(call, how)));
  }

  @ParameterizedTest
  @MethodSource("revocations")
  void aUserLosesItsPermission(Call call, Revocation how) {
    String user = server.name("user");
    Clients clients = server.user(user);
    assertRefused(call, clients, () -> how.run(user, clients), how.codes);
  }

  static Stream<Call> foreignCalls() {
    return Stream.of(Call.values()).filter(Call::mayBeForeign);
  }

  @ParameterizedTest
  @MethodSource("foreignCalls")
  void aResourcePolicyNoLongerAllowsAnotherAccount(Call call) {
    Account other = server.account();
    allow(other.id());
    assertRefused(call, other.root(), RevokedCallerRaceTest::allowNobody, DENIED);
  }

  @ParameterizedTest
  @MethodSource("foreignCalls")
  void theAccountOfTheCallerIsSuspended(Call call) {
    Account other = server.account();
    allow(other.id());
    try {
      assertRefused(call, other.root(), () -> server.suspend(other), UNKNOWN_KEY);
    } finally {
      allowNobody();
    }
  }

  /// The change of the guard makes the plan again, which then finds the caller still allowed.
  @Test
  void aCallerThatKeepsItsPermissionIsNotDisturbed() {
    String user = server.name("user");
    Clients clients = server.user(user);
    server.interleave(
        () -> assertThat(Call.PUT_OBJECT_TAGGING.run.apply(clients, server)).isEmpty(),
        () ->
            server.iam.putUserPolicy(
                b -> b.userName(user).policyName("more").policyDocument(ALLOW_ALL)));
    server.settle();
  }

  /// As on AWS, the response has the result of each key.
  @Test
  void whatWasDeletedBeforeTheKeyOfTheCallerIsReported() {
    String user = server.name("user");
    Clients clients = server.user(user);
    List<ObjectIdentifier> twice =
        Collections.nCopies(2, ObjectIdentifier.builder().key("named-twice").build());
    server.s3.putObject(b -> b.bucket(BUCKET).key("named-twice"), RequestBody.fromString("x"));
    server.settle();
    List<DeleteObjectsResponse> responses = new ArrayList<>();
    // A key that is named twice is deleted by two transactions.
    server.interleave(
        () ->
            responses.add(
                clients.s3().deleteObjects(b -> b.bucket(BUCKET).delete(d -> d.objects(twice)))),
        () ->
            server.database.betweenPlanAndApplication(
                () -> Revocation.ACCESS_KEY_DELETED.run(user, clients)));
    assertThat(responses).hasSize(1);
    assertThat(responses.getFirst().deleted()).hasSize(1);
    assertThat(responses.getFirst().errors())
        .singleElement()
        .returns("AccessDenied", e -> e.code());
    server.settle();
  }

  /// The error of an anonymous caller depends on whether there is the bucket.
  @Test
  void anAnonymousCallerGetsTheErrorOfTheCommit() {
    String bucket = server.name("public");
    server.s3.createBucket(b -> b.bucket(bucket));
    server.s3.deletePublicAccessBlock(b -> b.bucket(bucket));
    String policy =
        """
        {"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*",
         "Action":"s3:PutObject","Resource":"arn:aws:s3:::%s/*"}}
        """
            .formatted(bucket);
    server.s3.putBucketPolicy(b -> b.bucket(bucket).policy(policy));
    List<String> codes = new ArrayList<>();
    server.interleaveCommit(
        () -> codes.add(putAnonymously(bucket)),
        () -> server.s3.deleteBucketPolicy(b -> b.bucket(bucket)));
    server.s3.putBucketPolicy(b -> b.bucket(bucket).policy(policy));
    server.interleaveCommit(
        () -> codes.add(putAnonymously(bucket)),
        () -> server.s3.deleteBucket(b -> b.bucket(bucket)));
    assertThat(codes).containsExactly("AccessDenied", "NoSuchBucket");
  }

  private static String putAnonymously(String bucket) {
    try (S3Client s3 = server.anonymousS3()) {
      s3.putObject(b -> b.bucket(bucket).key("key"), RequestBody.fromString("x"));
      return "";
    } catch (AwsServiceException e) {
      return e.awsErrorDetails().errorCode();
    }
  }

  private static void allow(String account) {
    String principal = "{\"AWS\":\"" + account + "\"}";
    String policy =
        """
        {"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":%s,"Action":"s3:*",
         "Resource":["arn:aws:s3:::bucket","arn:aws:s3:::bucket/*"]}}
        """
            .formatted(principal);
    server.s3.putBucketPolicy(b -> b.bucket(BUCKET).policy(policy));
    server.setPolicy(TOPIC, RaceServer.allowPublish(TOPIC, principal));
    setQueuePolicy(RaceServer.allowSend(QUEUE, principal));
    server.permit("function", null, account);
  }

  private static void allowNobody() {
    server.s3.deleteBucketPolicy(b -> b.bucket(BUCKET));
    server.setPolicy(TOPIC, RaceServer.allowPublish(TOPIC, "{\"AWS\":\"" + ACCOUNT + "\"}"));
    setQueuePolicy("");
    server.lambda.removePermission(b -> b.functionName("function").statementId("permit"));
  }

  private static void setQueuePolicy(String policy) {
    server.sqs.setQueueAttributes(
        b -> b.queueUrl(server.url(QUEUE)).attributesWithStrings(Map.of("Policy", policy)));
  }

  /// Runs the call with `revocation` before its commit. It is refused as a call after the
  /// revocation is, with one of `codes`, and no row differs.
  private static void assertRefused(
      Call call, Clients clients, Runnable revocation, Set<String> codes) {
    AtomicReference<Map<String, List<String>>> revoked = new AtomicReference<>();
    List<String> refusal = new ArrayList<>();
    server.interleaveCommit(
        () -> refusal.addAll(refusal(call, clients)),
        () -> {
          revocation.run();
          revoked.set(server.rowsExcept());
        });
    assertThat(refusal).isNotEmpty().isSubsetOf(codes);
    assertThat(server.rowsExcept()).isEqualTo(revoked.get());
    assertThat(refusal(call, clients)).as("a later request").isNotEmpty().isSubsetOf(codes);
  }

  private static List<String> refusal(Call call, Clients clients) {
    List<String> entries = new ArrayList<>();
    AwsServiceException refused =
        catchThrowableOfType(
            AwsServiceException.class, () -> entries.addAll(call.run.apply(clients, server)));
    return refused == null ? entries : List.of(refused.awsErrorDetails().errorCode());
  }
}
