package io.carillon.sns;

import io.carillon.aws.Authorizer;
import io.carillon.aws.Caller;
import io.carillon.aws.CommonError;
import io.carillon.aws.DirectPipeline;
import io.carillon.aws.FixedAuthorizer;
import io.carillon.aws.Need;
import io.carillon.aws.Principal;
import io.carillon.base.AccountId;
import io.carillon.base.Arn;
import io.carillon.base.Region;
import io.carillon.http.Body;
import io.carillon.http.Headers;
import io.carillon.http.Request;
import io.carillon.http.Response;
import io.carillon.kernel.TestKernel;
import io.carillon.messaging.Acceptance;
import io.carillon.messaging.ServiceMessage;
import io.carillon.outbox.Delivery;
import io.carillon.outbox.DeliveryOutcome;
import io.carillon.outbox.Job;
import io.carillon.outbox.RecordingOutbox;
import io.carillon.outbox.Work;
import io.carillon.policy.FewPrincipals;
import io.carillon.store.Database;
import io.carillon.store.RepeatingDatabase;
import io.carillon.store.Tx;
import io.carillon.trace.NotingTrace;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import software.amazon.awssdk.core.SdkPojo;
import software.amazon.awssdk.services.sns.model.CreateTopicRequest;
import software.amazon.awssdk.services.sns.model.CreateTopicResponse;
import software.amazon.awssdk.services.sns.model.PublishRequest;
import software.amazon.awssdk.services.sns.model.PublishResponse;
import software.amazon.awssdk.services.sns.model.SubscribeRequest;
import software.amazon.awssdk.services.sns.model.SubscribeResponse;

/// SNS on an in-memory store, called through its operation table; tests control the transports, the
/// clock and the dispatcher.
final class SnsFixture implements FixedAuthorizer {
  static final AccountId ALICE = new AccountId("111111111111");
  static final AccountId BOB = new AccountId("222222222222");
  static final Region REGION = new Region("eu-central-1");
  static final Instant START = Instant.parse("2026-03-01T10:00:00.123Z");
  static final String BASE = "http://localhost:4566";

  /// A job of the outbox, as the dispatcher has it.
  static final class FakeJob {
    final Work work;
    Instant due;
    int attempts;
    int postponements;
    String lastError = "";

    FakeJob(Work work) {
      this.work = work;
      this.due = work.due();
    }
  }

  final Database database = RepeatingDatabase.inMemory();
  final List<FakeJob> outbox = new ArrayList<>();
  final List<FakeJob> deadLetters = new ArrayList<>();
  final List<Map<String, String>> notes = new ArrayList<>();

  final List<MailTransport.Mail> mails = new ArrayList<>();
  final List<SmsTransport.TextMessage> texts = new ArrayList<>();
  final List<HttpPostTransport.Post> posts = new ArrayList<>();
  final List<ServiceMessage> serviceMessages = new ArrayList<>();

  /// The outcomes of the transports and recipients.
  Function<MailTransport.Mail, DeliveryOutcome> mailOutcome = _ -> DeliveryOutcome.done();

  Function<SmsTransport.TextMessage, DeliveryOutcome> smsOutcome = _ -> DeliveryOutcome.done();
  Function<HttpPostTransport.Post, DeliveryOutcome> postOutcome = _ -> DeliveryOutcome.done();
  Function<ServiceMessage, Optional<Acceptance>> recipientOutcome = _ -> Optional.empty();

  Predicate<Need> denied = _ -> false;
  final Set<String> publishable = new HashSet<>();

  /// Fails every transaction that adds work, as a full disk would.
  boolean outboxFails;

  Instant now = START;
  final FewPrincipals principals = new FewPrincipals(ALICE, BOB);
  final Caller alice = caller(new Principal.Root(ALICE), ALICE);
  final Caller bob = caller(new Principal.Root(BOB), BOB);
  final Caller stranger = caller(new Principal.Anonymous(), new AccountId("000000000000"));
  final SnsService service;
  private final DirectPipeline pipeline;

  SnsFixture() {
    this("");
  }

  SnsFixture(String certificateUrl) {
    service =
        new SnsService(
            new TestKernel(database, () -> now)
                .with((RecordingOutbox) this::add)
                .with((Authorizer) this)
                .with(principals)
                .with(new RecordingTrace())
                .sendingTo((_, message) -> accept(message))
                .build(),
            new SnsDependencies(
                mail -> {
                  mails.add(mail);
                  return mailOutcome.apply(mail);
                },
                text -> {
                  texts.add(text);
                  return smsOutcome.apply(text);
                },
                post -> {
                  posts.add(post);
                  return postOutcome.apply(post);
                },
                TestSigner.INSTANCE,
                certificateUrl,
                new LinksInMails(),
                List::of));
    pipeline = new DirectPipeline(service.operations(), this);
  }

  private static Caller caller(Principal principal, AccountId account) {
    return DirectPipeline.caller(principal, account, REGION, START);
  }

  <I extends SdkPojo, O> O call(Caller caller, I input) {
    return pipeline.call(caller, input);
  }

  <I extends SdkPojo> List<Need> needs(Caller caller, I input) {
    return pipeline.needs(caller, input);
  }

  String createTopic(String name) {
    CreateTopicResponse created = call(alice, CreateTopicRequest.builder().name(name).build());
    return created.topicArn();
  }

  /// Subscribes and returns the ARN, confirmed or not.
  String subscribe(String topic, String protocol, String endpoint, String... attributes) {
    Map<String, String> given = new HashMap<>();
    for (int i = 0; i < attributes.length; i += 2) {
      given.put(attributes[i], attributes[i + 1]);
    }
    SubscribeResponse answer =
        call(
            alice,
            SubscribeRequest.builder()
                .topicArn(topic)
                .protocol(protocol)
                .endpoint(endpoint)
                .attributes(given)
                .returnSubscriptionArn(true)
                .build());
    return answer.subscriptionArn();
  }

  String publish(String topic, String message) {
    PublishResponse answer =
        call(alice, PublishRequest.builder().topicArn(topic).message(message).build());
    return answer.messageId();
  }

  Response open(String pathAndQuery) {
    String[] parts = pathAndQuery.split("\\?", 2);
    try {
      return service
          .pages()
          .getFirst()
          .handler()
          .handle(
              new Request(
                  "GET",
                  parts[0],
                  parts.length == 1 ? "" : parts[1],
                  new Headers(),
                  Body.of(new byte[0]),
                  InetSocketAddress.createUnresolved("10.9.9.9", 1),
                  false));
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  static String text(Response response) {
    return new String(
        ((Response.Content.Bytes) response.content()).bytes(), StandardCharsets.UTF_8);
  }

  static String payload(ServiceMessage serviceMessage) {
    return new String(serviceMessage.payload(), StandardCharsets.UTF_8);
  }

  /// Runs due jobs until there are none.
  void runDue() {
    while (true) {
      Optional<FakeJob> next =
          outbox.stream()
              .filter(fakeJob -> !fakeJob.due.isAfter(now))
              .min(Comparator.comparing(fakeJob -> fakeJob.due));
      if (next.isEmpty()) {
        return;
      }
      attempt(next.get());
    }
  }

  /// Advances the clock and runs the jobs that become due, in their order.
  void advance(Duration time) {
    Instant until = now.plus(time);
    while (true) {
      Optional<Instant> next =
          outbox.stream()
              .map(fakeJob -> fakeJob.due)
              .filter(due -> !due.isAfter(until))
              .min(Instant::compareTo);
      if (next.isEmpty()) {
        now = until;
        return;
      }
      if (next.get().isAfter(now)) {
        now = next.get();
      }
      runDue();
    }
  }

  /// Attempts one job and settles it as the dispatcher does.
  void attempt(FakeJob fakeJob) {
    fakeJob.attempts++;
    Delivery delivery = delivery(fakeJob);
    Job job = toJob(fakeJob);
    DeliveryOutcome outcome;
    try {
      outcome = RecordingOutbox.decided(database, delivery.attempt(job));
    } catch (Exception e) {
      outcome = new DeliveryOutcome.Retry(e.toString());
    }
    switch (outcome) {
      case DeliveryOutcome.Done done -> {
        database.write(
            tx -> {
              done.effect().accept(tx);
              return true;
            });
        outbox.remove(fakeJob);
      }
      case DeliveryOutcome.Retry retry -> {
        fakeJob.lastError = retry.why();
        delivery
            .retryPolicy(job)
            .waitAfter(fakeJob.attempts)
            .ifPresentOrElse(
                wait -> fakeJob.due = now.plus(wait), () -> deadLetter(fakeJob, retry.why()));
      }
      case DeliveryOutcome.Postponed postponed -> {
        fakeJob.attempts--;
        fakeJob.postponements++;
        fakeJob.due = now.plus(postponed.notBefore());
      }
      case DeliveryOutcome.Rejected rejected -> deadLetter(fakeJob, rejected.why());
      case DeliveryOutcome.Local _ -> throw new AssertionError("it was decided");
    }
  }

  private Delivery delivery(FakeJob fakeJob) {
    return Objects.requireNonNull(service.deliveries().get(fakeJob.work.kind()));
  }

  private void deadLetter(FakeJob fakeJob, String why) {
    boolean handled =
        RecordingOutbox.deadLettered(database, delivery(fakeJob), toJob(fakeJob), why);
    outbox.remove(fakeJob);
    if (!handled) {
      fakeJob.lastError = why;
      deadLetters.add(fakeJob);
    }
  }

  private static Job toJob(FakeJob fakeJob) {
    return new Job(
        "job",
        fakeJob.work,
        START,
        fakeJob.attempts,
        fakeJob.postponements,
        0,
        "",
        fakeJob.lastError);
  }

  long waiting(String kind) {
    return outbox.stream().filter(fakeJob -> fakeJob.work.kind().equals(kind)).count();
  }

  int messagesStored() {
    return database.read(snapshot -> new PublishedMessages().count(snapshot, 1_000));
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
        && action.equals("sns:Publish")
        && publishable.contains(resource.toString());
  }

  private Acceptance accept(ServiceMessage serviceMessage) {
    return recipientOutcome
        .apply(serviceMessage)
        .orElseGet(
            () ->
                new Acceptance.Accepted(
                    tx -> tx.afterCommit(() -> serviceMessages.add(serviceMessage))));
  }

  private void add(Tx tx, Work work) {
    if (outboxFails) {
      throw new IllegalStateException("the disk is full");
    }
    tx.afterCommit(() -> outbox.add(new FakeJob(work)));
  }

  private final class RecordingTrace implements NotingTrace {
    @Override
    public void note(Tx tx, String cause, Step step, Map<String, String> details) {
      Map<String, String> note = new HashMap<>(details);
      note.put("step", step.name());
      note.put("cause", cause);
      tx.afterCommit(() -> notes.add(note));
    }

    @Override
    public String begin() {
      return "cause-of-caller";
    }
  }
}
