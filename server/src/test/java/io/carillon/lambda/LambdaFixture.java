package io.carillon.lambda;

import io.carillon.aws.Caller;
import io.carillon.aws.CommonError;
import io.carillon.aws.DirectPipeline;
import io.carillon.aws.FixedAuthorizer;
import io.carillon.aws.Need;
import io.carillon.aws.Principal;
import io.carillon.base.AccountId;
import io.carillon.base.Arn;
import io.carillon.base.Region;
import io.carillon.base.Sealer;
import io.carillon.kernel.TestKernel;
import io.carillon.keys.Keys;
import io.carillon.lambda.runtime.RuntimeFixture;
import io.carillon.messaging.Acceptance;
import io.carillon.messaging.Recipient;
import io.carillon.messaging.ServiceMessage;
import io.carillon.outbox.DeliveryOutcome;
import io.carillon.outbox.Job;
import io.carillon.outbox.RecordingOutbox;
import io.carillon.outbox.Work;
import io.carillon.policy.FewPrincipals;
import io.carillon.store.Database;
import io.carillon.store.MemoryBlobs;
import io.carillon.store.RepeatingDatabase;
import io.carillon.store.Tx;
import io.carillon.trace.NotingTrace;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.Predicate;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.lambda.model.CreateFunctionRequest;
import software.amazon.awssdk.services.lambda.model.FunctionCode;

/// LambdaService on an in-memory store; records outbox work, trace steps and sent messages.
final class LambdaFixture implements AutoCloseable {
  static final String ROLE = "arn:aws:iam::" + RuntimeFixture.ACCOUNT + ":role/worker";
  private static final AccountId ACCOUNT = new AccountId(RuntimeFixture.ACCOUNT);

  final Database database = RepeatingDatabase.inMemory();
  final MemoryBlobs blobs = new MemoryBlobs(database, InstantSource.system());
  final List<Work> outbox = new CopyOnWriteArrayList<>();

  /// Work that was encoded outside of a transaction; it is in the outbox if its effect was applied.
  final List<Work> prepared = new CopyOnWriteArrayList<>();

  final List<String> steps = new CopyOnWriteArrayList<>();
  final List<ServiceMessage> sent = new ArrayList<>();
  final Map<String, byte[]> objects = new ConcurrentHashMap<>();
  final FewPrincipals principals = new FewPrincipals(ACCOUNT, new AccountId("111122223333"));
  final Sealer sealer = Keys.inMemory(InstantSource.system()).sealer();
  final RuntimeFixture runtime;
  final LambdaService service;
  private final DirectPipeline pipeline;
  volatile boolean servicesAllowed = true;

  /// The permissions of the execution role.
  volatile Predicate<Need> rolePermissions = _ -> true;

  LambdaFixture(Path folder) throws IOException {
    runtime = new RuntimeFixture(folder);
    FixtureAuthorizer authorizer = new FixtureAuthorizer();
    Recipient recipient = (_, message) -> new Acceptance.Accepted(_ -> sent.add(message));
    service =
        new LambdaService(
            new TestKernel(database, InstantSource.system())
                .with(blobs)
                .with(new FixtureOutbox())
                .with(new RecordingTrace())
                .with(authorizer)
                .with(principals)
                .sendingTo(TestKernel.recipients(Map.of("sqs", recipient, "sns", recipient)))
                .build(),
            (_, role, session, _) ->
                Optional.of(
                        new Principal.AssumedRole(ACCOUNT, "/", "worker", "AROAWORKER", session))
                    .filter(_ -> role.resource().equals("role/worker")),
            (_, bucket, key, _) -> object(bucket + "/" + key),
            runtime.environments,
            runtime.runtimes,
            runtime.code,
            sealer);
    pipeline = new DirectPipeline(service.operations(), authorizer);
  }

  private InputStream object(String name) {
    byte[] bytes = objects.get(name);
    if (bytes == null) {
      throw LambdaError.RESOURCE_NOT_FOUND.because("The specified key does not exist.");
    }
    return new java.io.ByteArrayInputStream(bytes);
  }

  private final class FixtureOutbox implements RecordingOutbox {
    @Override
    public void add(Tx tx, Work work) {
      outbox.add(work);
    }

    @Override
    public Consumer<Tx> prepare(Work work) {
      prepared.add(work);
      return tx -> add(tx, work);
    }
  }

  private final class FixtureAuthorizer implements FixedAuthorizer {
    @Override
    public void require(Caller caller, List<Need> needs) {
      for (Need need : needs) {
        if (caller.principal() instanceof Principal.AssumedRole && !rolePermissions.test(need)) {
          throw CommonError.ACCESS_DENIED.because(
              "not " + need.action() + " on " + need.resource());
        }
      }
    }

    @Override
    public boolean allowsService(
        String name, String action, Arn resource, Arn source, String sourceAccount) {
      return servicesAllowed;
    }
  }

  private final class RecordingTrace implements NotingTrace {
    @Override
    public void note(Tx tx, String cause, Step step, Map<String, String> details) {
      tx.afterCommit(() -> steps.add(cause + " " + step));
    }

    @Override
    public String begin() {
      return "cause";
    }
  }

  static Caller caller() {
    return caller("eu-central-1");
  }

  static Caller caller(String region) {
    return DirectPipeline.root(ACCOUNT, new Region(region), Instant.now());
  }

  <I, O> O call(I input, Class<O> output) {
    return call(caller(), input, output);
  }

  <I, O> O call(Caller caller, I input, Class<O> output) {
    return output.cast(pipeline.call(caller, input));
  }

  <I> List<Need> needs(I input) {
    return pipeline.needs(caller(), input);
  }

  static CreateFunctionRequest.Builder python(String name, String source) throws IOException {
    return CreateFunctionRequest.builder()
        .functionName(name)
        .runtime("python3.11")
        .handler("index.handler")
        .role(ROLE)
        .code(FunctionCode.builder().zipFile(zip(source)).build());
  }

  static SdkBytes zip(String source) throws IOException {
    try (InputStream in = RuntimeFixture.zip(Map.of("index.py", source)).archive().open()) {
      return SdkBytes.fromInputStream(in);
    }
  }

  /// Runs one attempt, as the dispatcher would.
  DeliveryOutcome attempt(Work work, int attempt) throws Exception {
    return RecordingOutbox.decided(
        database,
        Objects.requireNonNull(service.deliveries().get(work.kind()))
            .attempt(job(work, attempt, "")));
  }

  static Job job(Work work, int attempts, String lastError) {
    return new Job("job", work, Instant.now(), attempts, 0, 0, lastError, lastError);
  }

  Acceptance accept(ServiceMessage message) {
    return database.read(snapshot -> service.recipient().orElseThrow().accept(snapshot, message));
  }

  void settle(DeliveryOutcome outcome) {
    if (outcome instanceof DeliveryOutcome.Done done) {
      database.write(
          tx -> {
            done.effect().accept(tx);
            return Optional.empty();
          });
    }
  }

  @Override
  public void close() {
    runtime.close();
    database.close();
  }
}
