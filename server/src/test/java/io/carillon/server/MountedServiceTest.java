package io.carillon.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.admin.AdminViews;
import io.carillon.aws.Operations;
import io.carillon.aws.ServiceSpec;
import io.carillon.aws.ServiceTrait;
import io.carillon.aws.Specs;
import io.carillon.base.Secret;
import io.carillon.conventions.ServerClasses;
import io.carillon.http.RawClient;
import io.carillon.kernel.Service;
import io.carillon.outbox.Delivery;
import io.carillon.outbox.DeliveryOutcome;
import io.carillon.outbox.Job;
import io.carillon.outbox.RetryPolicy;
import io.carillon.toy.ToyService;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// A service is a folder, a dependency and a line: what [ToyService] brings is there once it is in
/// the list of services.
@Tag("slow")
class MountedServiceTest {
  private static final AtomicInteger USERS = new AtomicInteger();

  private static final ServiceSpec SECOND_DEFAULT =
      ToyService.SPEC.with(ServiceTrait.DEFAULT_FOR_REQUESTS);

  private static Server server;
  private static SigningClient root;

  @BeforeAll
  static void start() throws IOException {
    server = InMemoryServer.start(kernel -> List.of(new ToyService(kernel)));
    root = new SigningClient(server, "test");
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static RawClient.Answer call(SigningClient client, String operation, String body)
      throws IOException {
    Map<String, String> fields =
        Map.of(
            "X-Amz-Target", "Toy_20260101." + operation,
            "Content-Type", "application/x-amz-json-1.1",
            "User-Agent", "robot/1");
    return client.signed("toy", "POST", "/", fields, body);
  }

  /// A new user whose only policy is `policy`.
  private static SigningClient user(String policy) throws IOException {
    String name = "user" + USERS.incrementAndGet();
    iam("CreateUser", name, "");
    iam(
        "PutUserPolicy",
        name,
        "&PolicyName=p&PolicyDocument=" + URLEncoder.encode(policy, StandardCharsets.UTF_8));
    String key = iam("CreateAccessKey", name, "");
    return new SigningClient(
        server, element(key, "AccessKeyId"), new Secret(element(key, "SecretAccessKey")));
  }

  private static String iam(String action, String user, String more) throws IOException {
    String body = "Action=" + action + "&UserName=" + user + "&Version=2010-05-08" + more;
    RawClient.Answer answer =
        root.signed(
            "iam", "POST", "/", Map.of("Content-Type", "application/x-www-form-urlencoded"), body);
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    return answer.text();
  }

  private static String element(String xml, String name) {
    return xml.substring(
        xml.indexOf("<" + name + ">") + name.length() + 2, xml.indexOf("</" + name + ">"));
  }

  private static String admin(String path) throws IOException {
    RawClient.Answer answer = root.signed("carillon", "GET", path, Map.of(), "");
    assertThat(answer.status()).isEqualTo(200);
    return answer.text();
  }

  @Test
  void itsOperationsAreAnsweredInItsProtocol() throws IOException {
    RawClient.Answer created = call(root, "CreateTopic", "{\"Name\":\"red\"}");
    assertThat(created.text())
        .isEqualTo("{\"TopicArn\":\"arn:aws:toy:us-east-1:000000000000:red\"}");
    assertThat(call(root, "CreateTopic", "{}").text()).contains("MissingParameter", "'name'");
    RawClient.Answer missing = call(root, "DeleteTopic", "{}");
    assertThat(missing.status()).isEqualTo(501);
    assertThat(missing.text()).contains("DeleteTopic");
  }

  @Test
  void operatorsSeeIt() throws IOException {
    call(root, "CreateTopic", "{\"Name\":\"seen\"}");
    assertThat(admin("/_carillon/toys")).contains("arn:aws:toy:us-east-1:000000000000:seen");
    assertThat(admin("/_carillon/doctor")).contains("\"toys\":\"wooden\"");
    assertThat(admin("/_carillon/metrics")).containsPattern("(?m)^carillon_toys [1-9]");
    assertThat(admin("/_carillon/inspect")).contains("toy.topics");
    assertThat(admin("/_localstack/health")).contains("\"toy\": \"available\"");
    RawClient.Answer unknown = root.signed("kms", "POST", "/", Map.of(), "");
    assertThat(unknown.text()).contains("The service kms is not implemented.", "events, toy.");
  }

  /// A key that no service brings has no values, as one that a request lacks.
  @ParameterizedTest
  @CsvSource({
    "StringEquals, toy:Agent, robot/1, 200",
    "StringEquals, TOY:agent, robot/1, 200",
    "StringEquals, toy:Agent, human, 400",
    "StringNotEquals, toy:Agent, robot/1, 400",
    "StringEquals, toy:Colour, robot/1, 400",
    "StringEquals, nowhere:Agent, robot/1, 400",
    "StringNotEquals, nowhere:Agent, robot/1, 200",
    "StringEqualsIfExists, nowhere:Agent, human, 200",
    "Null, nowhere:Agent, true, 200",
    "Null, toy:Agent, true, 400",
  })
  void itsConditionKeysDecide(String operator, String key, String value, int status)
      throws IOException {
    SigningClient user =
        user(
            """
            {"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"toy:CreateTopic",
             "Resource":"arn:aws:toy:us-east-1:000000000000:mine",
             "Condition":{"%s":{"%s":"%s"}}}}
            """
                .formatted(operator, key, value));

    RawClient.Answer answer = call(user, "CreateTopic", "{\"Name\":\"mine\"}");

    assertThat(answer.status()).as(answer.text()).isEqualTo(status);
    assertThat(call(user, "CreateTopic", "{\"Name\":\"other\"}").status()).isEqualTo(400);
  }

  @Test
  void itsDenialsAreInItsWords() throws IOException {
    String nothing =
        """
        {"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"toy:*","Resource":"*"}}
        """;
    assertThat(call(user(nothing), "CreateTopic", "{\"Name\":\"mine\"}").text())
        .contains(
            "is not authorized to perform: TOY:CREATETOPIC on resource:"
                + " arn:aws:toy:us-east-1:000000000000:mine with an explicit deny");
  }

  @Test
  void twoServicesCannotBothGetWhatNamesNone() {
    assertThatThrownBy(() -> InMemoryServer.start(_ -> List.of(new Impostor(SECOND_DEFAULT))))
        .hasMessage("Only one service can have DEFAULT_FOR_REQUESTS, not [s3, toy]");
  }

  @Test
  void testsThatAskEveryServiceFindIt() throws IOException {
    assertThat(Specs.in(ServerClasses.folderOf(ToyService.class))).containsExactly(ToyService.SPEC);
    try (Server usual = InMemoryServer.start()) {
      assertThat(usual.operations())
          .extracting(Operations::spec)
          .containsExactlyInAnyOrderElementsOf(Specs.ALL);
    }
    assertThat(server.operations())
        .extracting(Operations::service)
        .containsAll(Specs.ALL.stream().map(ServiceSpec::name).toList())
        .endsWith("toy");
  }

  @Test
  void twoServicesOfOneNameAreRefused() {
    assertThatThrownBy(
            () ->
                InMemoryServer.start(
                    kernel -> List.of(new ToyService(kernel), new ToyService(kernel))))
        .hasMessage("Two services named toy");
  }

  @Test
  void twoServicesCannotDeliverTheSameKindOfWork() {
    assertThatThrownBy(
            () -> InMemoryServer.start(_ -> List.of(new Deliverer("one"), new Deliverer("two"))))
        .hasMessage("Two deliveries of kind letter");
  }

  @Test
  void twoServicesCannotShareAnAdminRoute() {
    assertThatThrownBy(() -> InMemoryServer.start(_ -> List.of(new Impostor(ToyService.SPEC))))
        .hasMessage("Two admin routes GET mail");
  }

  private record Deliverer(String name) implements Service, Delivery {
    @Override
    public ServiceSpec spec() {
      return ServiceSpec.of(name, 0, ToyService.class);
    }

    @Override
    public Operations operations() {
      return Operations.of(spec());
    }

    @Override
    public Map<String, Delivery> deliveries() {
      return Map.of("letter", this);
    }

    @Override
    public DeliveryOutcome attempt(Job job) {
      return DeliveryOutcome.done();
    }

    @Override
    public RetryPolicy retryPolicy(Job job) {
      return RetryPolicy.ASYNC_INVOCATION;
    }
  }

  /// Shows operators what SNS does.
  private record Impostor(ServiceSpec spec) implements Service {
    @Override
    public Operations operations() {
      return Operations.of(spec);
    }

    @Override
    public AdminViews adminViews() {
      return new AdminViews().on("GET mail", _ -> List.of());
    }
  }
}
