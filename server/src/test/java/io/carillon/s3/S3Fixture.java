package io.carillon.s3;

import io.carillon.aws.Authorizer;
import io.carillon.aws.AwsException;
import io.carillon.aws.Caller;
import io.carillon.aws.CommonError;
import io.carillon.aws.FixedAuthorizer;
import io.carillon.aws.Need;
import io.carillon.aws.Operations;
import io.carillon.aws.Operations.Execution;
import io.carillon.aws.Operations.Operation;
import io.carillon.aws.Principal;
import io.carillon.aws.ResourcePolicies;
import io.carillon.aws.SessionTerms;
import io.carillon.aws.Signing;
import io.carillon.base.AccountId;
import io.carillon.base.Arn;
import io.carillon.base.Region;
import io.carillon.http.Body;
import io.carillon.http.Headers;
import io.carillon.http.Request;
import io.carillon.http.Response;
import io.carillon.kernel.TestKernel;
import io.carillon.messaging.Acceptance;
import io.carillon.messaging.Recipient;
import io.carillon.messaging.ServiceMessage;
import io.carillon.outbox.DeliveryOutcome;
import io.carillon.outbox.Job;
import io.carillon.outbox.RecordingOutbox;
import io.carillon.outbox.Work;
import io.carillon.policy.FewPrincipals;
import io.carillon.s3.event.EventDelivery;
import io.carillon.s3.event.Notifications;
import io.carillon.store.Blobs;
import io.carillon.store.Database;
import io.carillon.store.RepeatingDatabase;
import io.carillon.store.Tx;
import io.carillon.trace.NotingTrace;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Predicate;
import software.amazon.awssdk.core.SdkPojo;
import software.amazon.awssdk.services.s3.model.CopyObjectRequest;
import software.amazon.awssdk.services.s3.model.CreateBucketRequest;
import software.amazon.awssdk.services.s3.model.Event;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.LambdaFunctionConfiguration;
import software.amazon.awssdk.services.s3.model.PutBucketNotificationConfigurationRequest;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.UploadPartCopyRequest;

/// S3 on an in-memory store, called through its operation table, with test doubles for everything
/// else.
final class S3Fixture implements FixedAuthorizer {
  static final AccountId ALICE = new AccountId("111111111111");
  static final AccountId BOB = new AccountId("222222222222");
  static final Region REGION = new Region("eu-central-1");
  static final Instant START = Instant.parse("2026-03-01T10:00:00.123Z");

  final TestBlobs blobs;
  final List<Work> outbox = new ArrayList<>();
  final List<Map<String, String>> notes = new ArrayList<>();
  final List<ServiceMessage> serviceMessages = new ArrayList<>();
  final Map<String, Recipient> recipients = new HashMap<>();
  final AtomicLong now = new AtomicLong(START.toEpochMilli());

  /// The needs that are denied; [#invocable] has the functions that S3 may invoke.
  Predicate<Need> denied = _ -> false;

  final Set<String> invocable = new HashSet<>();

  /// Makes the outbox fail like a full disk.
  boolean outboxBroken;

  final FewPrincipals principals = new FewPrincipals(ALICE);
  final Caller alice = caller(ALICE, REGION);
  final Database database;
  final S3Service service;
  private final Map<Class<?>, Operation<?>> operations = new HashMap<>();

  S3Fixture() {
    this(RepeatingDatabase.inMemory(), new TestBlobs());
  }

  /// @param blocksPublic whether new buckets block all public access
  S3Fixture(boolean blocksPublic) {
    this(RepeatingDatabase.inMemory(), new TestBlobs(), blocksPublic);
  }

  /// With a store of the test's choice.
  S3Fixture(Database database, Blobs store) {
    this(database, store, true);
  }

  private S3Fixture(Database database, Blobs store, boolean blocksPublic) {
    this.database = database;
    blobs = store instanceof TestBlobs counting ? counting : new TestBlobs();
    service =
        new S3Service(
            new TestKernel(database, () -> Instant.ofEpochMilli(now.get()))
                .with(store)
                .with((RecordingOutbox) this::add)
                .with(new Recording())
                .with((Authorizer) this)
                .with(principals)
                .sendingTo(TestKernel.recipients(recipients))
                .build(),
            blocksPublic);
    recipients.put("sns", (_, message) -> accept(message));
    recipients.put("sqs", (_, message) -> accept(message));
    recipients.put("lambda", (_, message) -> accept(message));
    Operations table = service.operations();
    table.all().forEach(operation -> operations.putIfAbsent(operation.input(), operation));
  }

  /// What the server does every minute.
  void runChores() {
    service.chores().forEach(chore -> chore.work().run());
  }

  static Caller caller(AccountId account, Region region) {
    return new Caller(
        new Principal.Root(account),
        account,
        region,
        SessionTerms.NONE,
        "REQUESTID0000001",
        "host-id",
        "10.1.2.3",
        false,
        "test",
        START,
        Instant.MAX,
        "AKIATEST",
        Signing.NONE,
        "localhost:1",
        null);
  }

  static Request request(byte[] body, String... headers) {
    return request(Body.of(body), headers);
  }

  static Request request(Body body, String... headers) {
    Headers fields = new Headers();
    body.length().ifPresent(length -> fields.add("Content-Length", Long.toString(length)));
    for (int i = 0; i < headers.length; i += 2) {
      fields.add(headers[i], headers[i + 1]);
    }
    return new Request("PUT", "/", "", fields, body, new InetSocketAddress("10.1.2.3", 1), false);
  }

  /// Runs an operation like the request pipeline, which checks the needs first.
  @SuppressWarnings("unchecked")
  <I extends SdkPojo, O> O call(Caller caller, I input) {
    Operation<I> operation = authorized(caller, input);
    Object output = ((Execution.Decoded<I, O>) operation.execution()).run().run(caller, input);
    return (O) (output instanceof Operations.WithHeaders(SdkPojo model, _) ? model : output);
  }

  <I extends SdkPojo> Response stream(Caller caller, I input, Request http) {
    Operation<I> operation = authorized(caller, input);
    try {
      return ((Execution.Streamed<I>) operation.execution()).run().run(caller, input, http);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Runs PostObject, which has the same input type as PutObject.
  @SuppressWarnings("unchecked")
  Response post(Caller caller, PutObjectRequest input, Request http) throws IOException {
    Operation<PutObjectRequest> operation =
        (Operation<PutObjectRequest>) service.operations().find("PostObject").orElseThrow();
    require(
        caller,
        ((Operations.Access.Needs<PutObjectRequest>) operation.access()).of().apply(caller, input));
    return ((Execution.Streamed<PutObjectRequest>) operation.execution())
        .run()
        .run(caller, input, http);
  }

  <I extends SdkPojo> List<Need> needs(I input) {
    return needs(alice, input);
  }

  private <I extends SdkPojo> List<Need> needs(Caller caller, I input) {
    Operation<I> operation = operation(input);
    return ((Operations.Access.Needs<I>) operation.access()).of().apply(caller, input);
  }

  void createBucket(String name) {
    call(
        alice,
        CreateBucketRequest.builder()
            .bucket(name)
            .createBucketConfiguration(c -> c.locationConstraint(REGION.name()))
            .build());
  }

  Response put(String bucket, String key, String text) {
    return stream(
        alice,
        PutObjectRequest.builder().bucket(bucket).key(key).build(),
        request(text.getBytes(StandardCharsets.UTF_8)));
  }

  String get(String bucket, String key) {
    return text(
        stream(
            alice,
            GetObjectRequest.builder().bucket(bucket).key(key).build(),
            request(new byte[0])));
  }

  /// A copy as it arrives; `sourceBucket` and `sourceKey` are for clients.
  @SuppressWarnings("deprecation")
  static CopyObjectRequest.Builder copyOf(String source) {
    return CopyObjectRequest.builder().copySource(source);
  }

  @SuppressWarnings("deprecation")
  static UploadPartCopyRequest.Builder copyOfPart(String source) {
    return UploadPartCopyRequest.builder().copySource(source);
  }

  /// Sends every event of the bucket to a function.
  void notifyFunction(String bucket, String... events) {
    String function = "arn:aws:lambda:eu-central-1:111111111111:function:f";
    invocable.add(function);
    call(
        alice,
        PutBucketNotificationConfigurationRequest.builder()
            .bucket(bucket)
            .notificationConfiguration(
                n ->
                    n.lambdaFunctionConfigurations(
                        LambdaFunctionConfiguration.builder()
                            .id("rule")
                            .lambdaFunctionArn(function)
                            .eventsWithStrings(
                                events.length == 0
                                    ? new String[] {
                                      Event.S3_OBJECT_CREATED.toString(),
                                      Event.S3_OBJECT_REMOVED.toString(),
                                      Event.S3_OBJECT_TAGGING.toString()
                                    }
                                    : events)
                            .build()))
            .build());
  }

  EventDelivery delivery() {
    return (EventDelivery) Objects.requireNonNull(service.deliveries().get(Notifications.KIND));
  }

  /// What a delivery of an event comes to.
  DeliveryOutcome attempt(Job job) {
    return RecordingOutbox.decided(database, delivery().attempt(job));
  }

  /// The effect that delivers an event with the upload.
  Optional<Consumer<Tx>> planned(Work work) {
    return database.plan(snapshot -> delivery().plan(snapshot, work)).value();
  }

  /// The policy of a resource.
  Optional<ResourcePolicies.Owned> policy(Arn resource) {
    return database.read(
        snapshot -> service.resourcePolicies().orElseThrow().find(snapshot, resource));
  }

  /// The messages in the outbox.
  List<String> events() {
    Recipient recording =
        (_, serviceMessage) -> {
          serviceMessages.add(serviceMessage);
          return new Acceptance.Accepted(_ -> {});
        };
    recipients.put("lambda", recording);
    recipients.put("events", recording);
    List<String> messages = new ArrayList<>();
    for (Work work : outbox) {
      serviceMessages.clear();
      attempt(new Job("j", work, START, 1, 0, 0, "", ""));
      messages.add(new String(serviceMessages.getFirst().payload(), StandardCharsets.UTF_8));
    }
    return messages;
  }

  static byte[] bytes(Response response) {
    try {
      return switch (response.content()) {
        case Response.Content.Bytes(byte[] bytes) -> bytes;
        case Response.Content.Stream(InputStream in, long length) -> {
          try (in) {
            byte[] bytes = in.readAllBytes();
            if (bytes.length != length) {
              throw new AssertionError(bytes.length + " bytes instead of " + length);
            }
            yield bytes;
          }
        }
        case Response.Content.Chunks(Response.Writer writer) -> {
          ByteArrayOutputStream out = new ByteArrayOutputStream();
          writer.writeTo(out);
          yield out.toByteArray();
        }
      };
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static String text(Response response) {
    return new String(bytes(response), StandardCharsets.UTF_8);
  }

  @Override
  public void require(Caller caller, List<Need> needs) {
    for (Need need : needs) {
      if (denied.test(need)) {
        throw CommonError.ACCESS_DENIED.because("not " + need.action() + " on " + need.resource());
      }
    }
  }

  @Override
  public boolean allowsService(
      String service, String action, Arn resource, Arn source, String sourceAccount) {
    return service.equals("s3.amazonaws.com")
        && action.equals("lambda:InvokeFunction")
        && invocable.contains(resource.toString());
  }

  private Acceptance accept(ServiceMessage serviceMessage) {
    String resource = serviceMessage.destination().resource();
    if (resource.contains("missing")) {
      return new Acceptance.Refused("it is not there", Acceptance.Refused.Reason.ABSENT);
    }
    if (resource.contains("closed")) {
      return new Acceptance.Refused(
          "its policy does not let S3 in", Acceptance.Refused.Reason.DENIED);
    }
    return new Acceptance.Accepted(tx -> tx.afterCommit(() -> serviceMessages.add(serviceMessage)));
  }

  private void add(Tx tx, Work work) {
    if (outboxBroken) {
      throw new IllegalStateException("broken");
    }
    tx.afterCommit(() -> outbox.add(work));
  }

  @SuppressWarnings("unchecked")
  private <I extends SdkPojo> Operation<I> operation(I input) {
    Operation<?> operation = operations.get(input.getClass());
    if (operation == null) {
      throw new AssertionError("not mounted: " + input.getClass());
    }
    return (Operation<I>) operation;
  }

  private <I extends SdkPojo> Operation<I> authorized(Caller caller, I input) throws AwsException {
    require(caller, needs(caller, input));
    return operation(input);
  }

  private final class Recording implements NotingTrace {
    private int causes;

    @Override
    public void note(Tx tx, String cause, Step step, Map<String, String> details) {
      Map<String, String> note = new HashMap<>(details);
      note.put("step", step.name());
      note.put("cause", cause);
      tx.afterCommit(() -> notes.add(note));
    }

    @Override
    public String begin() {
      return "cause-" + causes++;
    }
  }
}
