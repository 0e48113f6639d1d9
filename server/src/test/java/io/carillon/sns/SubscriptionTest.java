package io.carillon.sns;

import static io.carillon.sns.TopicOperationsTest.assertInvalid;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.aws.AwsException;
import io.carillon.aws.Need;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import software.amazon.awssdk.core.SdkPojo;
import software.amazon.awssdk.services.sns.model.ConfirmSubscriptionRequest;
import software.amazon.awssdk.services.sns.model.ConfirmSubscriptionResponse;
import software.amazon.awssdk.services.sns.model.GetSubscriptionAttributesRequest;
import software.amazon.awssdk.services.sns.model.GetSubscriptionAttributesResponse;
import software.amazon.awssdk.services.sns.model.GetTopicAttributesRequest;
import software.amazon.awssdk.services.sns.model.GetTopicAttributesResponse;
import software.amazon.awssdk.services.sns.model.ListSubscriptionsRequest;
import software.amazon.awssdk.services.sns.model.ListSubscriptionsResponse;
import software.amazon.awssdk.services.sns.model.SetSubscriptionAttributesRequest;
import software.amazon.awssdk.services.sns.model.SubscribeRequest;
import software.amazon.awssdk.services.sns.model.SubscribeResponse;
import software.amazon.awssdk.services.sns.model.UnsubscribeRequest;

class SubscriptionTest {
  private static final Pattern LINK = Pattern.compile("http://localhost:4566(/\\S+)");
  private static final String QUEUE = "arn:aws:sqs:eu-central-1:111111111111:q";

  private final SnsFixture fixture = new SnsFixture();
  private String topic = "";

  @BeforeEach
  void createTopic() {
    topic = fixture.createTopic("news");
  }

  @Test
  void anEmailSubscriptionIsConfirmedByTheLinkInAMail() {
    SubscribeResponse answer =
        fixture.call(
            fixture.alice,
            SubscribeRequest.builder()
                .topicArn(topic)
                .protocol("email")
                .endpoint("a@b.example")
                .build());
    assertThat(answer.subscriptionArn()).isEqualTo("pending confirmation");
    assertThat(listed().getFirst().subscriptionArn()).isEqualTo("PendingConfirmation");
    fixture.publish(topic, "too early");
    fixture.runDue();
    assertThat(fixture.mails).hasSize(1);
    assertThat(fixture.mails.getFirst().subject())
        .isEqualTo("AWS Notification - Subscription Confirmation");

    var page = fixture.open(link(fixture.mails.getFirst().body()));

    assertThat(page.status()).isEqualTo(200);
    assertThat(SnsFixture.text(page)).contains("Subscription confirmed!", topic + ":");
    assertThat(listed().getFirst().subscriptionArn()).startsWith(topic + ":");
    fixture.publish(topic, "now");
    fixture.runDue();
    assertThat(fixture.mails).hasSize(2);
    assertThat(fixture.mails.getLast().subject()).isEqualTo("AWS Notification Message");
    assertThat(fixture.mails.getLast().body()).startsWith("now\n\n--\n");
  }

  /// Source: https://docs.aws.amazon.com/sns/latest/dg/sns-http-https-endpoint-as-subscriber.html
  @Test
  void thePasswordOfAnEndpointIsSentButNeverReturned() {
    String arn = fixture.subscribe(topic, "https", "https://ann:secret@hooks.example/in?a=b:c@d");
    fixture.runDue();
    String question = new String(fixture.posts.getFirst().body(), StandardCharsets.UTF_8);
    Matcher token = Pattern.compile("&Token=(\\w+)").matcher(question);
    assertThat(token.find()).isTrue();
    fixture.open(
        SubscriptionLinks.CONFIRMATION + "?TopicArn=" + topic + "&Token=" + token.group(1));
    fixture.publish(topic, "m");
    fixture.runDue();

    String shown = "https://ann:****@hooks.example/in?a=b:c@d";
    assertThat(attributes(arn)).containsEntry("Endpoint", shown);
    assertThat(listed().getFirst().endpoint()).isEqualTo(shown);
    assertThat(fixture.posts.getLast().endpoint().getUserInfo()).isEqualTo("ann:secret");
    assertThat(fixture.notes.toString()).contains(shown).doesNotContain("secret");
  }

  @Test
  void confirmingTwiceChangesNothing() {
    fixture.subscribe(topic, "email", "a@b.example");
    fixture.runDue();
    String link = link(fixture.mails.getFirst().body());

    fixture.open(link);
    assertThat(fixture.open(link).status()).isEqualTo(200);

    assertThat(counts()).containsEntry("SubscriptionsConfirmed", "1");
    assertThat(counts()).containsEntry("SubscriptionsPending", "0");
  }

  @Test
  void aWrongTokenOrTopicConfirmsNothing() {
    fixture.subscribe(topic, "email", "a@b.example");
    fixture.runDue();
    String link = link(fixture.mails.getFirst().body());
    String other = fixture.createTopic("other");

    assertThat(fixture.open(link + "0").status()).isEqualTo(400);
    assertThat(fixture.open(link.replace(":news&", ":other&")).status()).isEqualTo(400);
    assertThat(fixture.open("/SimpleNotificationService/confirmation.html").status())
        .isEqualTo(400);
    assertThat(fixture.open("/SimpleNotificationService/confirmation.html?TopicArn=%zz").status())
        .isEqualTo(400);
    assertInvalid(() -> confirm(other, "x"), "Invalid parameter: Token"); // as recorded
    assertThat(counts()).containsEntry("SubscriptionsPending", "1");
  }

  @Test
  void tokensAndPendingSubscriptionsExpireAfterTwoDays() {
    String arn = fixture.subscribe(topic, "email", "a@b.example");
    fixture.runDue();
    String link = link(fixture.mails.getFirst().body());

    fixture.now = fixture.now.plus(Duration.ofDays(2)); // before its removal has run
    assertThat(fixture.open(link).status()).isEqualTo(400);
    fixture.runDue();

    assertThat(listed()).isEmpty();
    assertThatThrownBy(() -> attributes(arn)).hasMessage("Subscription does not exist");
    assertThat(fixture.outbox).isEmpty();
  }

  @Test
  void aConfirmedSubscriptionOutlivesItsToken() {
    fixture.subscribe(topic, "email", "a@b.example");
    fixture.runDue();
    fixture.open(link(fixture.mails.getFirst().body()));

    fixture.advance(Duration.ofDays(3));

    assertThat(listed()).hasSize(1);
  }

  @Test
  void subscribingAPendingEndpointAgainSendsANewToken() {
    String arn = fixture.subscribe(topic, "email", "a@b.example");
    fixture.advance(Duration.ofDays(1));
    assertThat(fixture.subscribe(topic, "email", "a@b.example")).isEqualTo(arn);
    fixture.runDue();
    String first = link(fixture.mails.getFirst().body());
    String second = link(fixture.mails.getLast().body());

    assertThat(fixture.open(first).status()).isEqualTo(400);
    fixture.advance(Duration.ofHours(30)); // the first token's end does not touch the second's
    assertThat(fixture.open(second).status()).isEqualTo(200);
    assertThat(counts()).containsEntry("SubscriptionsConfirmed", "1");
  }

  @Test
  void subscribingAgainChangesNothingAndRefusesOtherAttributes() {
    String arn = fixture.subscribe(topic, "sqs", QUEUE, "RawMessageDelivery", "true");

    assertThat(fixture.subscribe(topic, "sqs", QUEUE, "RawMessageDelivery", "true")).isEqualTo(arn);
    assertInvalid(
        () -> fixture.subscribe(topic, "sqs", QUEUE, "RawMessageDelivery", "false"),
        "Subscription already exists with different attributes");
    assertThat(listed()).hasSize(1);
  }

  @Test
  void onlyQueuesOfOtherAccountsNeedConfirmation() {
    String own = fixture.subscribe(topic, "sqs", QUEUE);
    String foreign = fixture.subscribe(topic, "sqs", "arn:aws:sqs:eu-central-1:222222222222:q");
    fixture.runDue();

    assertThat(attributes(own)).containsEntry("PendingConfirmation", "false");
    assertThat(attributes(own)).containsEntry("ConfirmationWasAuthenticated", "true");
    assertThat(attributes(foreign)).containsEntry("PendingConfirmation", "true");
    assertThat(fixture.serviceMessages).hasSize(1);
    assertThat(SnsFixture.payload(fixture.serviceMessages.getFirst()))
        .contains("\"Type\" : \"SubscriptionConfirmation\"");
  }

  @Test
  void authenticateOnUnsubscribeRefusesUnsubscribingByLink() {
    String arn = fixture.subscribe(topic, "email", "a@b.example");
    fixture.runDue();
    String token = token();
    assertThatThrownBy(
            () ->
                fixture.call(
                    fixture.stranger,
                    confirmation(topic, token).authenticateOnUnsubscribe("true").build()))
        .isInstanceOfSatisfying(
            AwsException.class, e -> assertThat(e.error()).isEqualTo(SnsError.AUTHORIZATION_ERROR));

    ConfirmSubscriptionResponse confirmed =
        fixture.call(
            fixture.alice, confirmation(topic, token).authenticateOnUnsubscribe("true").build());

    assertThat(confirmed.subscriptionArn()).isEqualTo(arn);
    assertThat(attributes(arn)).containsEntry("ConfirmationWasAuthenticated", "true");
    assertThat(
            fixture
                .open("/SimpleNotificationService/unsubscribe.html?SubscriptionArn=" + arn)
                .status())
        .isEqualTo(403);
    fixture.call(fixture.alice, UnsubscribeRequest.builder().subscriptionArn(arn).build());
    assertThat(listed()).isEmpty();
  }

  @Test
  void unsubscribingByLinkSendsALinkThatRestoresTheSubscription() {
    String arn = fixture.subscribe(topic, "email", "a@b.example");
    fixture.runDue();
    fixture.open(link(fixture.mails.getFirst().body()));
    fixture.publish(topic, "hello");
    fixture.runDue();

    var page = fixture.open(link(fixture.mails.getLast().body()));
    fixture.runDue();

    assertThat(SnsFixture.text(page)).contains("Subscription removed!", arn);
    assertThat(listed()).isEmpty();
    assertThat(counts()).containsEntry("SubscriptionsDeleted", "1");
    assertThat(fixture.mails.getLast().subject())
        .isEqualTo("AWS Notification - Unsubscribe Confirmation");
    assertThat(fixture.open(link(fixture.mails.getLast().body())).status()).isEqualTo(200);
    assertThat(listed().getFirst().subscriptionArn()).isEqualTo(arn);
  }

  @Test
  void theLinkThatRestoresExpiresAfterTwoDays() {
    fixture.subscribe(topic, "email", "a@b.example");
    fixture.runDue();
    String arn = confirm(topic, token());
    fixture.call(fixture.stranger, UnsubscribeRequest.builder().subscriptionArn(arn).build());
    fixture.runDue();
    String back = link(fixture.mails.getLast().body());

    fixture.advance(Duration.ofDays(2));

    assertThat(fixture.open(back).status()).isEqualTo(400);
    assertThat(fixture.outbox).isEmpty();
  }

  @Test
  void unsubscribingIsIdempotentAndRefusedWhilePending() {
    String pending = fixture.subscribe(topic, "email", "a@b.example");
    UnsubscribeRequest request = UnsubscribeRequest.builder().subscriptionArn(pending).build();

    assertInvalid(() -> fixture.call(fixture.alice, request), "pending confirmation");
    fixture.call(
        fixture.alice,
        UnsubscribeRequest.builder()
            .subscriptionArn(topic + ":00000000-0000-0000-0000-000000000000")
            .build());
    assertInvalid(
        () ->
            fixture.call(
                fixture.alice,
                UnsubscribeRequest.builder().subscriptionArn("PendingConfirmation").build()),
        "An ARN must have at least 6 elements, not 1");
  }

  @Test
  void onlyTheOwnersOfTopicAndSubscriptionMayChangeIt() {
    String arn = fixture.subscribe(topic, "sqs", QUEUE);

    for (SdkPojo request :
        List.<SdkPojo>of(
            UnsubscribeRequest.builder().subscriptionArn(arn).build(),
            GetSubscriptionAttributesRequest.builder().subscriptionArn(arn).build(),
            SetSubscriptionAttributesRequest.builder()
                .subscriptionArn(arn)
                .attributeName("RawMessageDelivery")
                .attributeValue("true")
                .build())) {
      assertThatThrownBy(() -> fixture.call(fixture.bob, request))
          .isInstanceOfSatisfying(
              AwsException.class,
              e -> assertThat(e.error()).isEqualTo(SnsError.AUTHORIZATION_ERROR));
    }
    fixture.denied = need -> need.action().equals("sns:Unsubscribe");
    assertThatThrownBy(
            () ->
                fixture.call(
                    fixture.alice, UnsubscribeRequest.builder().subscriptionArn(arn).build()))
        .hasMessageContaining("sns:Unsubscribe");
    assertThat(listed()).hasSize(1);
  }

  @Test
  void subscribeHasConditionKeysForProtocolAndEndpoint() throws Exception {
    List<Need> needs =
        fixture.needs(
            fixture.alice,
            SubscribeRequest.builder().topicArn(topic).protocol("sqs").endpoint(QUEUE).build());

    assertThat(needs)
        .containsExactly(
            new Need(
                "sns:Subscribe",
                topic,
                Map.of("sns:Protocol", List.of("sqs"), "sns:Endpoint", List.of(QUEUE))));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          carrier     | x                                       | does not support this protocol string: carrier
          application | arn:aws:sns:eu-central-1:1:app          | The protocol application is not supported by Carillon
          firehose    | arn:aws:firehose:eu-central-1:1:f       | The protocol firehose is not supported by Carillon
          http        | https://x.example/                      | Endpoint must match the specified protocol
          https       | ftp://x.example/                        | Endpoint must match the specified protocol
          http        | http:///nohost                          | Endpoint must match the specified protocol
          http        | http://x.example/a b                    | Endpoint must match the specified protocol
          email       | nobody                                  | Email address
          email       | a@b@c.example                           | Email address
          email       | a b@c.example                           | Email address
          email-json  | <a@c.example>                           | Email address
          sms         | call me                                 | Invalid SMS endpoint: call me
          sms         | +0123                                   | Invalid SMS endpoint
          sqs         | http://q                                | SQS endpoint ARN
          sqs         | arn:aws:sns:eu-central-1:111111111111:q | SQS endpoint ARN
          sqs         | arn:aws:sqs:eu-central-1:111111111111:q.fifo | FIFO
          lambda      | arn:aws:lambda:eu-central-1:111111111111:layer:l | Lambda endpoint ARN
          """)
  void endpointsMustMatchTheirProtocol(String protocol, String endpoint, String message) {
    assertInvalid(() -> fixture.subscribe(topic, protocol, endpoint), message);
    assertThat(fixture.outbox).isEmpty();
  }

  @Test
  void addressesCannotInjectHeadersOrCommands() {
    for (String address :
        List.of("a@b.example\r\nBcc: c@d.example", "a@b.example\nDATA", "a\u0000@b.example")) {
      assertInvalid(() -> fixture.subscribe(topic, "email", address), "Email address");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          RawMessageDelivery | maybe                  | Must be true or false
          RedrivePolicy      | {}                     | deadLetterTargetArn is an invalid arn
          RedrivePolicy      | {"deadLetterTargetArn":"arn:aws:sqs:us-east-1:111111111111:d"} | account and region
          DeliveryPolicy     | {}                     | does not support delivery policies
          FilterPolicy       | {"a"                   | failed to parse JSON
          FilterPolicyScope  | Everything             | Please use either MessageBody or MessageAttributes
          SubscriptionRoleArn| x                      | not supported by Carillon
          Colour             | red                    | AttributeName
          """)
  void attributesAreChecked(String name, String value, String message) {
    String arn = fixture.subscribe(topic, "sqs", QUEUE);

    assertInvalid(() -> set(arn, name, value), message);
    assertThat(attributes(arn)).doesNotContainKey("RedrivePolicy");
  }

  @Test
  void onlyHttpAndQueuesSupportRawDelivery() {
    assertInvalid(
        () -> fixture.subscribe(topic, "email", "a@b.example", "RawMessageDelivery", "true"),
        "Delivery protocol [email] does not support raw message delivery.");
  }

  @Test
  void subscribeErrorsNameAttributesAsTheReason() {
    Map<String, String> wrong =
        Map.of(
            "RawMessageDelivery", "maybe",
            "RedrivePolicy", "{}",
            "FilterPolicy", "{\"a\"",
            "FilterPolicyScope", "Everything",
            "Colour", "red");

    wrong.forEach(
        (name, value) ->
            assertThatThrownBy(() -> fixture.subscribe(topic, "sqs", QUEUE, name, value))
                .as(name)
                .hasMessageStartingWith("Invalid parameter: Attributes Reason: ")
                .hasMessageNotContaining("Reason: Invalid parameter"));
    String arn = fixture.subscribe(topic, "sqs", QUEUE);
    assertThatThrownBy(() -> set(arn, "Colour", "red"))
        .hasMessage("Invalid parameter: AttributeName");
  }

  @Test
  void rawMessageDeliveryIgnoresCase() {
    String arn = fixture.subscribe(topic, "sqs", QUEUE, "RawMessageDelivery", "True");
    assertThat(attributes(arn)).containsEntry("RawMessageDelivery", "true");
    fixture.publish(topic, "as it is");
    fixture.runDue();
    assertThat(SnsFixture.payload(fixture.serviceMessages.getLast())).isEqualTo("as it is");

    set(arn, "RawMessageDelivery", "FALSE");
    assertThat(attributes(arn)).containsEntry("RawMessageDelivery", "false");
    assertInvalid(
        () -> fixture.subscribe(topic, "email", "a@b.example", "RawMessageDelivery", "TRUE"),
        "does not support raw message delivery");
  }

  @Test
  void filterPolicyScopeIsReturnedOnlyWithAFilterPolicy() {
    String arn = fixture.subscribe(topic, "sqs", QUEUE);
    set(arn, "FilterPolicyScope", "MessageBody");
    assertThat(attributes(arn)).doesNotContainKey("FilterPolicyScope");

    set(arn, "FilterPolicy", "{\"a\":{\"b\":[\"c\"]}}");
    assertThat(attributes(arn)).containsEntry("FilterPolicyScope", "MessageBody");
  }

  @Test
  void phoneNumbersMayContainSingleSeparators() {
    for (String wrong :
        List.of(
            "+15551234567-",
            "-+15551234567",
            "+1555--1234567",
            "+1 5551234567",
            "(1)5551234567",
            "+1./5551234567",
            "NAA+15551234567",
            "++15551234567")) {
      assertInvalid(
          () -> fixture.subscribe(topic, "sms", wrong),
          "Invalid parameter: Invalid SMS endpoint: " + wrong);
    }
    fixture.subscribe(topic, "sms", "+1-555.123/4567");
    assertThat(listed().getFirst().endpoint()).isEqualTo("+15551234567");
  }

  @Test
  void attributesAreReturnedAsSet() {
    String arn = fixture.subscribe(topic, "sqs", QUEUE, "FilterPolicy", "{\"a\":[\"b\"]}");
    set(arn, "RawMessageDelivery", "true");

    assertThat(attributes(arn))
        .containsEntry("SubscriptionArn", arn)
        .containsEntry("TopicArn", topic)
        .containsEntry("Owner", "111111111111")
        .containsEntry("SubscriptionPrincipal", "arn:aws:iam::111111111111:root")
        .containsEntry("Protocol", "sqs")
        .containsEntry("Endpoint", QUEUE)
        .containsEntry("RawMessageDelivery", "true")
        .containsEntry("FilterPolicy", "{\"a\":[\"b\"]}")
        .containsEntry("FilterPolicyScope", "MessageAttributes");
    set(arn, "FilterPolicy", "{}");
    assertThat(attributes(arn)).doesNotContainKeys("FilterPolicy", "FilterPolicyScope");
  }

  @Test
  void httpSubscriptionsReturnTheEffectiveDeliveryPolicy() {
    String arn =
        fixture.subscribe(
            topic,
            "https",
            "https://x.example/hook",
            "DeliveryPolicy",
            "{\"healthyRetryPolicy\":{\"numRetries\":7}}");

    assertThat(attributes(arn).get("EffectiveDeliveryPolicy")).contains("\"numRetries\":7");
  }

  private String confirm(String topicArn, String token) {
    ConfirmSubscriptionResponse response =
        fixture.call(fixture.alice, confirmation(topicArn, token).build());
    return response.subscriptionArn();
  }

  private static ConfirmSubscriptionRequest.Builder confirmation(String topicArn, String token) {
    return ConfirmSubscriptionRequest.builder().topicArn(topicArn).token(token);
  }

  private String token() {
    String link = link(fixture.mails.getLast().body());
    return link.substring(link.indexOf("Token=") + "Token=".length());
  }

  private static String link(String body) {
    Matcher matcher = LINK.matcher(body);
    assertThat(matcher.find()).isTrue();
    return matcher.group(1);
  }

  private void set(String arn, String name, String value) {
    fixture.call(
        fixture.alice,
        SetSubscriptionAttributesRequest.builder()
            .subscriptionArn(arn)
            .attributeName(name)
            .attributeValue(value)
            .build());
  }

  private Map<String, String> attributes(String arn) {
    GetSubscriptionAttributesResponse response =
        fixture.call(
            fixture.alice, GetSubscriptionAttributesRequest.builder().subscriptionArn(arn).build());
    return response.attributes();
  }

  private Map<String, String> counts() {
    GetTopicAttributesResponse response =
        fixture.call(fixture.alice, GetTopicAttributesRequest.builder().topicArn(topic).build());
    return response.attributes();
  }

  private List<software.amazon.awssdk.services.sns.model.Subscription> listed() {
    ListSubscriptionsResponse response =
        fixture.call(fixture.alice, ListSubscriptionsRequest.builder().build());
    return response.subscriptions();
  }
}
