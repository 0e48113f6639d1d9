package io.carillon.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.carillon.aws.Operations;
import io.carillon.base.Ids;
import io.carillon.base.Secret;
import io.carillon.iam.AccountRows;
import io.carillon.iam.Accounts;
import io.carillon.iam.IamService;
import io.carillon.iam.ManagedPolicyFiles;
import io.carillon.keys.Keys;
import io.carillon.lambda.DeploymentPackage;
import io.carillon.outbox.DeadLetters;
import io.carillon.outbox.DeadLetters.DeadLetter;
import io.carillon.store.Inspection;
import io.carillon.store.InterleavedDatabase;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.core.ConditionFactory;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.auth.credentials.AnonymousCredentialsProvider;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.client.builder.AwsClientBuilder;
import software.amazon.awssdk.awscore.client.builder.AwsSyncClientBuilder;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.retries.DefaultRetryStrategy;
import software.amazon.awssdk.services.cloudwatchlogs.CloudWatchLogsClient;
import software.amazon.awssdk.services.eventbridge.EventBridgeClient;
import software.amazon.awssdk.services.iam.IamClient;
import software.amazon.awssdk.services.iam.model.AccessKey;
import software.amazon.awssdk.services.lambda.LambdaClient;
import software.amazon.awssdk.services.lambda.model.DeadLetterConfig;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.FilterRule;
import software.amazon.awssdk.services.s3.model.LambdaFunctionConfiguration;
import software.amazon.awssdk.services.s3.model.NotificationConfigurationFilter;
import software.amazon.awssdk.services.s3.model.QueueConfiguration;
import software.amazon.awssdk.services.s3.model.Tag;
import software.amazon.awssdk.services.s3.model.Tagging;
import software.amazon.awssdk.services.s3.model.TopicConfiguration;
import software.amazon.awssdk.services.sns.SnsClient;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.Message;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;
import software.amazon.awssdk.services.sqs.model.QueueDeletedRecentlyException;

/// A whole server on RocksDB, for tests of races: what a request finds in its plan changes before
/// the plan is applied. Functions have no concurrency, so their events end as dead letters and none
/// runs.
final class RaceServer implements AutoCloseable {
  /// Some tags of a bucket or an object.
  static final Tagging TAGS =
      Tagging.builder().tagSet(Tag.builder().key("a").value("b").build()).build();

  static final String ACCOUNT = "000000000000";

  /// How the services say that a caller is not allowed a request.
  static final Set<String> DENIED =
      Set.of("AccessDenied", "AuthorizationError", "AccessDeniedException");

  /// How they say that there is no such access key.
  static final Set<String> UNKNOWN_KEY =
      Set.of("InvalidAccessKeyId", "InvalidClientTokenId", "UnrecognizedClientException");

  static final String ALLOW_ALL =
      """
      {"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}
      """;
  static final String ROLE = "arn:aws:iam::000000000000:role/role";
  private static final String TRUST =
      """
      {"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:AssumeRole",
       "Principal":{"Service":"lambda.amazonaws.com"}}}
      """;

  /// The clients of one caller.
  final class Clients {
    private final AwsCredentials credentials;
    private final Map<Class<?>, Object> made =
        new TreeMap<>((a, b) -> a.getName().compareTo(b.getName()));

    Clients(AwsCredentials credentials) {
      this.credentials = credentials;
    }

    S3Client s3() {
      return client(S3Client.class, S3Client.builder().forcePathStyle(true));
    }

    SnsClient sns() {
      return client(SnsClient.class, SnsClient.builder());
    }

    SqsClient sqs() {
      return client(SqsClient.class, SqsClient.builder());
    }

    LambdaClient lambda() {
      return client(LambdaClient.class, LambdaClient.builder());
    }

    CloudWatchLogsClient logs() {
      return client(CloudWatchLogsClient.class, CloudWatchLogsClient.builder());
    }

    EventBridgeClient events() {
      return client(EventBridgeClient.class, EventBridgeClient.builder());
    }

    IamClient iam() {
      return client(IamClient.class, IamClient.builder());
    }

    String accessKeyId() {
      return credentials.accessKeyId();
    }

    private <B extends AwsSyncClientBuilder<B, C> & AwsClientBuilder<B, C>, C> C client(
        Class<C> type, B builder) {
      return type.cast(
          made.computeIfAbsent(
              type,
              _ ->
                  builder
                      .httpClient(http)
                      .endpointOverride(server.endpoint())
                      .region(Region.US_EAST_1)
                      .credentialsProvider(StaticCredentialsProvider.create(credentials))
                      .overrideConfiguration(
                          c -> c.retryStrategy(DefaultRetryStrategy.doNotRetry()))
                      .build()));
    }
  }

  /// An account other than the server's first.
  record Account(String id, Clients root) {}

  private final AtomicReference<@Nullable InterleavedDatabase> view = new AtomicReference<>();
  private final AtomicInteger names = new AtomicInteger();
  private final Server server;
  private final SdkHttpClient http = UrlConnectionHttpClient.create();
  private final Accounts accounts;
  final InterleavedDatabase database;
  final Clients root;
  final S3Client s3;
  final SnsClient sns;
  final SqsClient sqs;
  final LambdaClient lambda;
  final IamClient iam;
  final EventBridgeClient events;
  final CloudWatchLogsClient logs;

  static RaceServer start(Path folder) throws IOException {
    return new RaceServer(folder);
  }

  private RaceServer(Path folder) throws IOException {
    Map<String, String> flags =
        Map.of(
            "port", "0", "sandbox", "off", "data", folder.toString(), "retry-time-scale", "0.001");
    Config config = Config.of(Settings.resolve(flags, Map.of(), Optional.empty()));
    server =
        Server.start(
            config,
            stored -> {
              InterleavedDatabase interleaved = new InterleavedDatabase(stored);
              view.set(interleaved);
              return interleaved;
            });
    database = Optional.ofNullable(view.get()).orElseThrow();
    accounts =
        new IamService(
                database,
                Keys.open(folder, Clock.systemUTC()).sealer(),
                new Ids(),
                Clock.systemUTC(),
                new Accounts.Root(config.accountId(), "test", new Secret("test")),
                ManagedPolicyFiles.NONE)
            .accounts();
    root = new Clients(AwsBasicCredentials.create("test", "test"));
    s3 = root.s3();
    sns = root.sns();
    sqs = root.sqs();
    lambda = root.lambda();
    iam = root.iam();
    events = root.events();
    logs = root.logs();
    iam.createRole(b -> b.roleName("role").assumeRolePolicyDocument(TRUST));
    iam.putRolePolicy(b -> b.roleName("role").policyName("all").policyDocument(ALLOW_ALL));
  }

  /// Runs `request`, and `meanwhile` after it has made its plan and before it applies it.
  void interleave(Runnable request, Runnable meanwhile) {
    AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    database.betweenPlanAndApplication(() -> run(meanwhile, failure));
    request.run();
    assertThat(failure.get()).as("what happened in between").isNull();
    assertThat(database.hasInterleaved()).as("the request made a plan").isTrue();
  }

  /// Runs `request`, and `meanwhile` before its first commit.
  void interleaveCommit(Runnable request, Runnable meanwhile) {
    AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    database.beforeCommitOfRequest(() -> run(meanwhile, failure));
    request.run();
    assertThat(failure.get()).as("what happened in between").isNull();
    assertThat(database.hasInterleaved()).as("the request came to a commit").isTrue();
  }

  /// Runs `cause`, and `meanwhile` after the first attempt that follows has made its plan and
  /// before it is settled.
  void interleaveAttempt(Runnable cause, Runnable meanwhile) {
    AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    AtomicInteger ran = new AtomicInteger();
    database.betweenPlanAndSettling(
        () -> {
          run(meanwhile, failure);
          ran.incrementAndGet();
        });
    cause.run();
    soon().untilAtomic(ran, org.hamcrest.Matchers.is(1));
    assertThat(failure.get()).as("what happened in between").isNull();
  }

  private static ConditionFactory soon() {
    return await().pollInterval(Duration.ofMillis(10)).atMost(Duration.ofSeconds(20));
  }

  private static void run(Runnable action, AtomicReference<@Nullable Throwable> failure) {
    try {
      action.run();
    } catch (Throwable e) {
      failure.set(e);
    }
  }

  /// A client that signs nothing; the caller closes it.
  S3Client anonymousS3() {
    return S3Client.builder()
        .forcePathStyle(true)
        .httpClient(http)
        .endpointOverride(server.endpoint())
        .region(Region.US_EAST_1)
        .credentialsProvider(AnonymousCredentialsProvider.create())
        .overrideConfiguration(c -> c.retryStrategy(DefaultRetryStrategy.doNotRetry()))
        .build();
  }

  /// The operations of every service.
  List<Operations> operations() {
    return server.operations();
  }

  /// A name that nothing has yet.
  String name(String kind) {
    return kind + "-" + names.incrementAndGet();
  }

  /// The clients of a new user that is allowed everything; the user has the name `user`.
  Clients user(String user) {
    iam.createUser(b -> b.userName(user));
    iam.putUserPolicy(b -> b.userName(user).policyName("all").policyDocument(ALLOW_ALL));
    AccessKey key = iam.createAccessKey(b -> b.userName(user)).accessKey();
    return new Clients(AwsBasicCredentials.create(key.accessKeyId(), key.secretAccessKey()));
  }

  Account account() {
    Accounts.NewAccount account = accounts.create(name("account"));
    return new Account(
        account.id().value(),
        new Clients(
            AwsBasicCredentials.create(account.rootKeyId(), account.rootSecret().reveal())));
  }

  /// As an operator does on any node: no cache of the server hears of it except by the database.
  void suspend(Account account) {
    AccountRows.setSuspended(database, new io.carillon.base.AccountId(account.id()), true);
  }

  static String arn(String service, String name) {
    return "arn:aws:" + service + ":us-east-1:" + ACCOUNT + ":" + name;
  }

  static String service(String name) {
    return "{\"Service\":\"" + name + ".amazonaws.com\"}";
  }

  /// Makes a queue, or one of the same name again, as soon as that is possible after a deletion.
  ///
  /// @param principals who may send to it, as JSON; null for its own account only
  /// @return its ARN
  String queue(String name, @Nullable String principals) {
    String arn = arn("sqs", name);
    Map<QueueAttributeName, String> policy =
        principals == null
            ? Map.of()
            : Map.of(QueueAttributeName.POLICY, allowSend(arn, principals));
    soon()
        .ignoreExceptionsInstanceOf(QueueDeletedRecentlyException.class)
        .until(() -> sqs.createQueue(b -> b.queueName(name).attributes(policy)) != null);
    return arn;
  }

  static String allowSend(String queue, String principals) {
    return """
    {"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":%s,
     "Action":"sqs:SendMessage","Resource":"%s"}}
    """
        .formatted(principals, queue);
  }

  String url(String queue) {
    return server.endpoint() + "/" + ACCOUNT + "/" + queue.substring(queue.lastIndexOf(':') + 1);
  }

  static String allowPublish(String topic, String principals) {
    return """
    {"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":%s,
     "Action":"sns:Publish","Resource":"%s"}}
    """
        .formatted(principals, topic);
  }

  void setPolicy(String topic, String policy) {
    sns.setTopicAttributes(b -> b.topicArn(topic).attributeName("Policy").attributeValue(policy));
  }

  /// Makes a function without concurrency.
  ///
  /// @param deadLetters the queue for events that it does not run; null for none
  /// @return its ARN
  String function(String name, @Nullable String deadLetters) {
    lambda.createFunction(
        b ->
            b.functionName(name)
                .role(ROLE)
                .runtime("provided.al2023")
                .handler("h")
                .deadLetterConfig(
                    deadLetters == null
                        ? null
                        : DeadLetterConfig.builder().targetArn(deadLetters).build())
                .code(c -> c.zipFile(SdkBytes.fromByteArray(DeploymentPackage.doingNothing()))));
    lambda.putFunctionConcurrency(b -> b.functionName(name).reservedConcurrentExecutions(0));
    return arn("lambda", "function:" + name);
  }

  void permit(String function, @Nullable String qualifier, String principal) {
    lambda.addPermission(
        b ->
            b.functionName(function)
                .qualifier(qualifier)
                .statementId("permit")
                .action("lambda:InvokeFunction")
                .principal(principal));
  }

  /// Lets all uploads of keys with a prefix, tag changes and deletions cause an event.
  void notify(String bucket, String destination, String prefix) {
    List<String> events = List.of("s3:ObjectCreated:*", "s3:ObjectRemoved:*", "s3:ObjectTagging:*");
    NotificationConfigurationFilter filter =
        NotificationConfigurationFilter.builder()
            .key(k -> k.filterRules(FilterRule.builder().name("prefix").value(prefix).build()))
            .build();
    s3.putBucketNotificationConfiguration(
        b ->
            b.bucket(bucket)
                .skipDestinationValidation(true)
                .notificationConfiguration(
                    n -> {
                      switch (destination.split(":", -1)[2]) {
                        case "sqs" ->
                            n.queueConfigurations(
                                QueueConfiguration.builder()
                                    .queueArn(destination)
                                    .filter(filter)
                                    .eventsWithStrings(events)
                                    .build());
                        case "sns" ->
                            n.topicConfigurations(
                                TopicConfiguration.builder()
                                    .topicArn(destination)
                                    .filter(filter)
                                    .eventsWithStrings(events)
                                    .build());
                        default ->
                            n.lambdaFunctionConfigurations(
                                LambdaFunctionConfiguration.builder()
                                    .lambdaFunctionArn(destination)
                                    .filter(filter)
                                    .eventsWithStrings(events)
                                    .build());
                      }
                    }));
  }

  /// All messages that a queue has, visible or not. It does not receive them.
  int count(String queue) {
    Map<QueueAttributeName, String> counts =
        sqs.getQueueAttributes(b -> b.queueUrl(url(queue)).attributeNames(QueueAttributeName.ALL))
            .attributes();
    return Integer.parseInt(counts.get(QueueAttributeName.APPROXIMATE_NUMBER_OF_MESSAGES))
        + Integer.parseInt(
            counts.get(QueueAttributeName.APPROXIMATE_NUMBER_OF_MESSAGES_NOT_VISIBLE));
  }

  /// Waits for the next message of a queue and removes it.
  String receive(String queue) {
    List<Message> got =
        sqs.receiveMessage(b -> b.queueUrl(url(queue)).waitTimeSeconds(20)).messages();
    assertThat(got).as("messages of " + queue).hasSize(1);
    sqs.deleteMessage(b -> b.queueUrl(url(queue)).receiptHandle(got.getFirst().receiptHandle()));
    return got.getFirst().body();
  }

  List<DeadLetter> deadLetters(String lane) {
    return database.read(snapshot -> new DeadLetters().list(snapshot, "", 10_000)).stream()
        .filter(job -> job.lane().contains(lane))
        .toList();
  }

  /// Waits for the only dead letter of a lane.
  DeadLetter deadLetter(String lane) {
    soon().until(() -> !deadLetters(lane).isEmpty());
    assertThat(deadLetters(lane)).hasSize(1);
    return deadLetters(lane).getFirst();
  }

  /// Waits until the outbox has no job, except to remove the message of a dead letter in two weeks,
  /// or an unconfirmed subscription in two days.
  void settle() {
    soon()
        .untilAsserted(
            () ->
                assertThat(rows("outbox.jobs"))
                    .allMatch(job -> job.contains("sns.letgo|") || job.contains("sns.expiry|")));
  }

  /// The rows of a table as text.
  List<String> rows(String table) {
    return new Inspection(database)
        .rows(table, Integer.MAX_VALUE).stream().map(JsonNode::toString).toList();
  }

  /// Every row of every table, except those of the named ones.
  Map<String, List<String>> rowsExcept(String... tables) {
    Set<String> excluded = new HashSet<>(List.of(tables));
    Map<String, List<String>> rows = new TreeMap<>();
    for (String table : new Inspection(database).tables()) {
      if (!excluded.contains(table)) {
        rows.put(table, rows(table));
      }
    }
    return rows;
  }

  @Override
  public void close() {
    http.close();
    server.close();
  }
}
