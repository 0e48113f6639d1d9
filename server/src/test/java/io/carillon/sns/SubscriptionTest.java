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

  private final SnsHouse house = new SnsHouse();
  private String topic = "";

  @BeforeEach
  void createTopic() {
    topic = house.createTopic("news");
  }

  @Test
  void anAddressIsAskedByMailAndConfirmsByFollowingTheLink() {
    SubscribeResponse answer =
        house.call(
            house.alice,
            SubscribeRequest.builder()
                .topicArn(topic)
                .protocol("email")
                .endpoint("a@b.example")
                .build());
    assertThat(answer.subscriptionArn()).isEqualTo("pending confirmation");
    assertThat(listed().getFirst().subscriptionArn()).isEqualTo("PendingConfirmation");
    house.publish(topic, "too early");
    house.settle();
    assertThat(house.mails).hasSize(1);
    assertThat(house.mails.getFirst().subject())
        .isEqualTo("AWS Notification - Subscription Confirmation");

    var page = house.open(link(house.mails.getFirst().body()));

    assertThat(page.status()).isEqualTo(200);
    assertThat(SnsHouse.text(page)).contains("Subscription confirmed!", topic + ":");
    assertThat(listed().getFirst().subscriptionArn()).startsWith(topic + ":");
    house.publish(topic, "now");
    house.settle();
    assertThat(house.mails).hasSize(2);
    assertThat(house.mails.getLast().subject()).isEqualTo("AWS Notification Message");
    assertThat(house.mails.getLast().body()).startsWith("now\n\n--\n");
  }

  /// Source: https://docs.aws.amazon.com/sns/latest/dg/sns-http-https-endpoint-as-subscriber.html
  @Test
  void thePasswordOfAnEndpointIsSentAndNeverShown() {
    String arn = house.subscribe(topic, "https", "https://ann:secret@hooks.example/in?a=b:c@d");
    house.settle();
    String question = new String(house.posts.getFirst().body(), StandardCharsets.UTF_8);
    Matcher token = Pattern.compile("&Token=(\\w+)").matcher(question);
    assertThat(token.find()).isTrue();
    house.open(Links.CONFIRMATION + "?TopicArn=" + topic + "&Token=" + token.group(1));
    house.publish(topic, "m");
    house.settle();

    String shown = "https://ann:****@hooks.example/in?a=b:c@d";
    assertThat(attributes(arn)).containsEntry("Endpoint", shown);
    assertThat(listed().getFirst().endpoint()).isEqualTo(shown);
    assertThat(house.posts.getLast().endpoint().getUserInfo()).isEqualTo("ann:secret");
    assertThat(house.notes.toString()).contains(shown).doesNotContain("secret");
  }

  @Test
  void followingTheLinkTwiceIsNoChange() {
    house.subscribe(topic, "email", "a@b.example");
    house.settle();
    String link = link(house.mails.getFirst().body());

    house.open(link);
    assertThat(house.open(link).status()).isEqualTo(200);

    assertThat(counts()).containsEntry("SubscriptionsConfirmed", "1");
    assertThat(counts()).containsEntry("SubscriptionsPending", "0");
  }

  @Test
  void aWrongTokenOrTopicConfirmsNothing() {
    house.subscribe(topic, "email", "a@b.example");
    house.settle();
    String link = link(house.mails.getFirst().body());
    String other = house.createTopic("other");

    assertThat(house.open(link + "0").status()).isEqualTo(400);
    assertThat(house.open(link.replace(":news&", ":other&")).status()).isEqualTo(400);
    assertThat(house.open("/SimpleNotificationService/confirmation.html").status()).isEqualTo(400);
    assertThat(house.open("/SimpleNotificationService/confirmation.html?TopicArn=%zz").status())
        .isEqualTo(400);
    assertInvalid(() -> confirm(other, "x"), "Invalid parameter: Token"); // as recorded
    assertThat(counts()).containsEntry("SubscriptionsPending", "1");
  }

  @Test
  void aTokenEndsAfterTwoDaysAndTheWaitingSubscriptionWithIt() {
    String arn = house.subscribe(topic, "email", "a@b.example");
    house.settle();
    String link = link(house.mails.getFirst().body());

    house.now = house.now.plus(Duration.ofDays(2)); // before its removal has run
    assertThat(house.open(link).status()).isEqualTo(400);
    house.settle();

    assertThat(listed()).isEmpty();
    assertThatThrownBy(() -> attributes(arn)).hasMessage("Subscription does not exist");
    assertThat(house.outbox).isEmpty();
  }

  @Test
  void aConfirmedSubscriptionOutlivesItsToken() {
    house.subscribe(topic, "email", "a@b.example");
    house.settle();
    house.open(link(house.mails.getFirst().body()));

    house.advance(Duration.ofDays(3));

    assertThat(listed()).hasSize(1);
  }

  @Test
  void subscribingAPendingAddressAgainAsksAgainWithANewToken() {
    String arn = house.subscribe(topic, "email", "a@b.example");
    house.advance(Duration.ofDays(1));
    assertThat(house.subscribe(topic, "email", "a@b.example")).isEqualTo(arn);
    house.settle();
    String first = link(house.mails.getFirst().body());
    String second = link(house.mails.getLast().body());

    assertThat(house.open(first).status()).isEqualTo(400);
    house.advance(Duration.ofHours(30)); // the first token's end does not touch the second's
    assertThat(house.open(second).status()).isEqualTo(200);
    assertThat(counts()).containsEntry("SubscriptionsConfirmed", "1");
  }

  @Test
  void subscribingAnEndpointAgainIsNoChangeUnlessAttributesDiffer() {
    String arn = house.subscribe(topic, "sqs", QUEUE, "RawMessageDelivery", "true");

    assertThat(house.subscribe(topic, "sqs", QUEUE, "RawMessageDelivery", "true")).isEqualTo(arn);
    assertInvalid(
        () -> house.subscribe(topic, "sqs", QUEUE, "RawMessageDelivery", "false"),
        "Subscription already exists with different attributes");
    assertThat(listed()).hasSize(1);
  }

  @Test
  void queuesOfTheSameAccountNeedNoConfirmationAndThoseOfOthersDo() {
    String own = house.subscribe(topic, "sqs", QUEUE);
    String foreign = house.subscribe(topic, "sqs", "arn:aws:sqs:eu-central-1:222222222222:q");
    house.settle();

    assertThat(attributes(own)).containsEntry("PendingConfirmation", "false");
    assertThat(attributes(own)).containsEntry("ConfirmationWasAuthenticated", "true");
    assertThat(attributes(foreign)).containsEntry("PendingConfirmation", "true");
    assertThat(house.handovers).hasSize(1);
    assertThat(SnsHouse.payload(house.handovers.getFirst()))
        .contains("\"Type\" : \"SubscriptionConfirmation\"");
  }

  @Test
  void confirmingSignedCanGuardAgainstLeavingByLink() {
    String arn = house.subscribe(topic, "email", "a@b.example");
    house.settle();
    String token = token();
    assertThatThrownBy(
            () ->
                house.call(
                    house.stranger,
                    confirmation(topic, token).authenticateOnUnsubscribe("true").build()))
        .isInstanceOfSatisfying(
            AwsException.class, e -> assertThat(e.error()).isEqualTo(SnsError.AUTHORIZATION_ERROR));

    ConfirmSubscriptionResponse confirmed =
        house.call(
            house.alice, confirmation(topic, token).authenticateOnUnsubscribe("true").build());

    assertThat(confirmed.subscriptionArn()).isEqualTo(arn);
    assertThat(attributes(arn)).containsEntry("ConfirmationWasAuthenticated", "true");
    assertThat(
            house
                .open("/SimpleNotificationService/unsubscribe.html?SubscriptionArn=" + arn)
                .status())
        .isEqualTo(403);
    house.call(house.alice, UnsubscribeRequest.builder().subscriptionArn(arn).build());
    assertThat(listed()).isEmpty();
  }

  @Test
  void leavingByLinkBringsANoticeThatLeadsBack() {
    String arn = house.subscribe(topic, "email", "a@b.example");
    house.settle();
    house.open(link(house.mails.getFirst().body()));
    house.publish(topic, "hello");
    house.settle();

    var page = house.open(link(house.mails.getLast().body()));
    house.settle();

    assertThat(SnsHouse.text(page)).contains("Subscription removed!", arn);
    assertThat(listed()).isEmpty();
    assertThat(counts()).containsEntry("SubscriptionsDeleted", "1");
    assertThat(house.mails.getLast().subject())
        .isEqualTo("AWS Notification - Unsubscribe Confirmation");
    assertThat(house.open(link(house.mails.getLast().body())).status()).isEqualTo(200);
    assertThat(listed().getFirst().subscriptionArn()).isEqualTo(arn);
  }

  @Test
  void theWayBackEndsAfterTwoDays() {
    house.subscribe(topic, "email", "a@b.example");
    house.settle();
    String arn = confirm(topic, token());
    house.call(house.stranger, UnsubscribeRequest.builder().subscriptionArn(arn).build());
    house.settle();
    String back = link(house.mails.getLast().body());

    house.advance(Duration.ofDays(2));

    assertThat(house.open(back).status()).isEqualTo(400);
    assertThat(house.outbox).isEmpty();
  }

  @Test
  void leavingWhatIsNotThereIsNoErrorAndWhatIsPendingCannotBeLeft() {
    String pending = house.subscribe(topic, "email", "a@b.example");
    UnsubscribeRequest request = UnsubscribeRequest.builder().subscriptionArn(pending).build();

    assertInvalid(() -> house.call(house.alice, request), "pending confirmation");
    house.call(
        house.alice,
        UnsubscribeRequest.builder()
            .subscriptionArn(topic + ":00000000-0000-0000-0000-000000000000")
            .build());
    assertInvalid(
        () ->
            house.call(
                house.alice,
                UnsubscribeRequest.builder().subscriptionArn("PendingConfirmation").build()),
        "An ARN must have at least 6 elements, not 1");
  }

  @Test
  void asSignedCallerOnlyTheTwoAccountsOfASubscriptionMayTouchIt() {
    String arn = house.subscribe(topic, "sqs", QUEUE);

    for (SdkPojo request :
        List.<SdkPojo>of(
            UnsubscribeRequest.builder().subscriptionArn(arn).build(),
            GetSubscriptionAttributesRequest.builder().subscriptionArn(arn).build(),
            SetSubscriptionAttributesRequest.builder()
                .subscriptionArn(arn)
                .attributeName("RawMessageDelivery")
                .attributeValue("true")
                .build())) {
      assertThatThrownBy(() -> house.call(house.bob, request))
          .isInstanceOfSatisfying(
              AwsException.class,
              e -> assertThat(e.error()).isEqualTo(SnsError.AUTHORIZATION_ERROR));
    }
    house.denied = need -> need.action().equals("sns:Unsubscribe");
    assertThatThrownBy(
            () ->
                house.call(house.alice, UnsubscribeRequest.builder().subscriptionArn(arn).build()))
        .hasMessageContaining("sns:Unsubscribe");
    assertThat(listed()).hasSize(1);
  }

  @Test
  void subscribingTellsPoliciesTheProtocolAndEndpoint() throws Exception {
    List<Need> needs =
        house.needs(
            house.alice,
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
  void endpointsAreCheckedByTheirProtocol(String protocol, String endpoint, String message) {
    assertInvalid(() -> house.subscribe(topic, protocol, endpoint), message);
    assertThat(house.outbox).isEmpty();
  }

  @Test
  void anAddressCannotSmuggleHeadersOrCommands() {
    for (String address :
        List.of("a@b.example\r\nBcc: c@d.example", "a@b.example\nDATA", "a\u0000@b.example")) {
      assertInvalid(() -> house.subscribe(topic, "email", address), "Email address");
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
    String arn = house.subscribe(topic, "sqs", QUEUE);

    assertInvalid(() -> set(arn, name, value), message);
    assertThat(attributes(arn)).doesNotContainKey("RedrivePolicy");
  }

  @Test
  void rawDeliveryIsForHttpAndQueuesOnly() {
    assertInvalid(
        () -> house.subscribe(topic, "email", "a@b.example", "RawMessageDelivery", "true"),
        "Delivery protocol [email] does not support raw message delivery.");
  }

  @Test
  void subscribeSaysThatItWasAnAttribute() {
    Map<String, String> wrong =
        Map.of(
            "RawMessageDelivery", "maybe",
            "RedrivePolicy", "{}",
            "FilterPolicy", "{\"a\"",
            "FilterPolicyScope", "Everything",
            "Colour", "red");

    wrong.forEach(
        (name, value) ->
            assertThatThrownBy(() -> house.subscribe(topic, "sqs", QUEUE, name, value))
                .as(name)
                .hasMessageStartingWith("Invalid parameter: Attributes Reason: ")
                .hasMessageNotContaining("Reason: Invalid parameter"));
    String arn = house.subscribe(topic, "sqs", QUEUE);
    assertThatThrownBy(() -> set(arn, "Colour", "red"))
        .hasMessage("Invalid parameter: AttributeName");
  }

  @Test
  void rawDeliveryIsSpeltInAnyCase() {
    String arn = house.subscribe(topic, "sqs", QUEUE, "RawMessageDelivery", "True");
    assertThat(attributes(arn)).containsEntry("RawMessageDelivery", "true");
    house.publish(topic, "as it is");
    house.settle();
    assertThat(SnsHouse.payload(house.handovers.getLast())).isEqualTo("as it is");

    set(arn, "RawMessageDelivery", "FALSE");
    assertThat(attributes(arn)).containsEntry("RawMessageDelivery", "false");
    assertInvalid(
        () -> house.subscribe(topic, "email", "a@b.example", "RawMessageDelivery", "TRUE"),
        "does not support raw message delivery");
  }

  @Test
  void theScopeOfAFilterIsShownOnceThereIsAFilter() {
    String arn = house.subscribe(topic, "sqs", QUEUE);
    set(arn, "FilterPolicyScope", "MessageBody");
    assertThat(attributes(arn)).doesNotContainKey("FilterPolicyScope");

    set(arn, "FilterPolicy", "{\"a\":{\"b\":[\"c\"]}}");
    assertThat(attributes(arn)).containsEntry("FilterPolicyScope", "MessageBody");
  }

  @Test
  void aPhoneIsSpeltInDigitsWithSingleSeparators() {
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
          () -> house.subscribe(topic, "sms", wrong),
          "Invalid parameter: Invalid SMS endpoint: " + wrong);
    }
    house.subscribe(topic, "sms", "+1-555.123/4567");
    assertThat(listed().getFirst().endpoint()).isEqualTo("+15551234567");
  }

  @Test
  void attributesAreShownAsSet() {
    String arn = house.subscribe(topic, "sqs", QUEUE, "FilterPolicy", "{\"a\":[\"b\"]}");
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
  void anHttpSubscriptionShowsTheDeliveryPolicyInForce() {
    String arn =
        house.subscribe(
            topic,
            "https",
            "https://x.example/hook",
            "DeliveryPolicy",
            "{\"healthyRetryPolicy\":{\"numRetries\":7}}");

    assertThat(attributes(arn).get("EffectiveDeliveryPolicy")).contains("\"numRetries\":7");
  }

  private String confirm(String topicArn, String token) {
    ConfirmSubscriptionResponse response =
        house.call(house.alice, confirmation(topicArn, token).build());
    return response.subscriptionArn();
  }

  private static ConfirmSubscriptionRequest.Builder confirmation(String topicArn, String token) {
    return ConfirmSubscriptionRequest.builder().topicArn(topicArn).token(token);
  }

  private String token() {
    String link = link(house.mails.getLast().body());
    return link.substring(link.indexOf("Token=") + "Token=".length());
  }

  private static String link(String body) {
    Matcher matcher = LINK.matcher(body);
    assertThat(matcher.find()).isTrue();
    return matcher.group(1);
  }

  private void set(String arn, String name, String value) {
    house.call(
        house.alice,
        SetSubscriptionAttributesRequest.builder()
            .subscriptionArn(arn)
            .attributeName(name)
            .attributeValue(value)
            .build());
  }

  private Map<String, String> attributes(String arn) {
    GetSubscriptionAttributesResponse response =
        house.call(
            house.alice, GetSubscriptionAttributesRequest.builder().subscriptionArn(arn).build());
    return response.attributes();
  }

  private Map<String, String> counts() {
    GetTopicAttributesResponse response =
        house.call(house.alice, GetTopicAttributesRequest.builder().topicArn(topic).build());
    return response.attributes();
  }

  private List<software.amazon.awssdk.services.sns.model.Subscription> listed() {
    ListSubscriptionsResponse response =
        house.call(house.alice, ListSubscriptionsRequest.builder().build());
    return response.subscriptions();
  }
}
