package io.carillon.sns;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.amazonaws.services.sns.message.SdkValidator;
import com.amazonaws.services.sns.message.SnsNotification;
import com.amazonaws.services.sns.message.SnsSubscriptionConfirmation;
import com.amazonaws.services.sns.message.SnsUnsubscribeConfirmation;
import com.fasterxml.jackson.databind.JsonNode;
import io.carillon.http.Response;
import io.carillon.outbox.MessageAttribute;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.sns.model.MessageAttributeValue;
import software.amazon.awssdk.services.sns.model.PublishRequest;
import software.amazon.awssdk.services.sns.model.SetTopicAttributesRequest;
import software.amazon.awssdk.services.sns.model.UnsubscribeRequest;

/// What machines get, judged by the SDK's own validator.
class EnvelopeTest {
  private static final String QUEUE = "arn:aws:sqs:eu-central-1:111111111111:q";
  private static final String FUNCTION = "arn:aws:lambda:eu-central-1:111111111111:function:f";

  private final SnsHouse house = new SnsHouse("https://sns.{region}.amazonaws.com{path}");
  private final List<URI> fetched = new ArrayList<>();
  private final SdkValidator sdk = new SdkValidator("eu-central-1", this::fetch);
  private String topic = "";

  @BeforeEach
  void createTopic() {
    topic = house.createTopic("news");
  }

  @ParameterizedTest
  @ValueSource(strings = {"1", "2"})
  void theSdkBelievesNotifications(String version) {
    signWith(version);
    house.subscribe(topic, "sqs", QUEUE);
    house.subscribe(topic, "https", "https://x.example/hook");
    confirmHttp();
    house.call(
        house.alice,
        PublishRequest.builder()
            .topicArn(topic)
            .subject("Größe \"1\"")
            .message("line 1\nline 2 ✓ \\ \u0001 💌")
            .messageAttributes(
                Map.of(
                    "n",
                        MessageAttributeValue.builder().dataType("Number").stringValue("7").build(),
                    "b",
                        MessageAttributeValue.builder()
                            .dataType("Binary")
                            .binaryValue(SdkBytes.fromUtf8String("abc"))
                            .build()))
            .build());
    house.publish(topic, "without a subject");
    house.settle();

    assertThat(house.handovers).hasSize(2);
    assertThat(house.posts).hasSize(3);
    SnsNotification first = (SnsNotification) sdk.validate(queued(0));
    assertThat(first.getMessage()).isEqualTo("line 1\nline 2 ✓ \\ \u0001 💌");
    assertThat(first.getSubject()).isEqualTo("Größe \"1\"");
    assertThat(first.getTopicArn()).isEqualTo(topic);
    SnsNotification second = (SnsNotification) sdk.validate(queued(1));
    assertThat(second.getSubject()).isNull();
    sdk.validate(posted(1));
    sdk.validate(posted(2));
    JsonNode attributes = json(queued(0)).path("MessageAttributes");
    assertThat(attributes.toString())
        .contains("\"n\":{\"Type\":\"Number\",\"Value\":\"7\"}")
        .contains("\"b\":{\"Type\":\"Binary\",\"Value\":\"YWJj\"}");
    assertThat(json(queued(1)).has("MessageAttributes")).isFalse();
    assertThat(json(queued(0)).path("SignatureVersion").asText()).isEqualTo(version);
    assertThat(fetched.getFirst().getHost()).isEqualTo("sns.eu-central-1.amazonaws.com");
  }

  @ParameterizedTest
  @ValueSource(strings = {"1", "2"})
  void theSdkBelievesTheQuestionsOfTheHandshake(String version) {
    signWith(version);
    String arn = house.subscribe(topic, "https", "https://x.example/hook");
    house.settle();
    SnsSubscriptionConfirmation question = (SnsSubscriptionConfirmation) sdk.validate(posted(0));
    assertThat(question.getToken()).hasSize(208);
    assertThat(json(posted(0)).path("SubscribeURL").asText())
        .isEqualTo(
            SnsHouse.BASE
                + "/?Action=ConfirmSubscription&TopicArn="
                + topic
                + "&Token="
                + question.getToken());
    confirmHttp();
    house.call(house.stranger, UnsubscribeRequest.builder().subscriptionArn(arn).build());
    house.settle();

    assertThat(sdk.validate(posted(1))).isInstanceOf(SnsUnsubscribeConfirmation.class);
  }

  @Test
  void theSdkDoesNotBelieveWhatWasTamperedWith() {
    house.subscribe(topic, "sqs", QUEUE);
    house.publish(topic, "pay 10");
    house.settle();

    String genuine = queued(0);
    sdk.validate(genuine);
    assertThatThrownBy(() -> sdk.validate(genuine.replace("pay 10", "pay 90")))
        .hasMessageContaining("Signature");
  }

  @Test
  void eachTextOfAStructuredMessageIsSignedItself() {
    house.subscribe(topic, "sqs", QUEUE);
    house.subscribe(topic, "https", "https://x.example/hook");
    confirmHttp();
    house.call(
        house.alice,
        PublishRequest.builder()
            .topicArn(topic)
            .messageStructure("json")
            .message("{\"default\":\"d\",\"sqs\":\"for queues\"}")
            .build());
    house.settle();

    assertThat(((SnsNotification) sdk.validate(queued(0))).getMessage()).isEqualTo("for queues");
    assertThat(((SnsNotification) sdk.validate(posted(1))).getMessage()).isEqualTo("d");
  }

  @Test
  void messagesAreLaidOutAsOnAws() {
    house.subscribe(topic, "sqs", QUEUE);
    String id = house.publish(topic, "hello");
    house.settle();

    assertThat(queued(0))
        .startsWith(
            """
            {
              "Type" : "Notification",
              "MessageId" : "%s",
              "TopicArn" : "%s",
              "Message" : "hello",
              "Timestamp" : "2026-03-01T10:00:00.123Z",
              "SignatureVersion" : "1",
              "Signature" : \"\
            """
                .formatted(id, topic));
    assertThat(json(queued(0)).properties().stream().map(Map.Entry::getKey))
        .endsWith("Signature", "SigningCertURL", "UnsubscribeURL");
  }

  @Test
  void httpHeadersSayWhatComes() {
    String arn = house.subscribe(topic, "https", "https://x.example/hook");
    confirmHttp();
    String id = house.publish(topic, "hello");
    house.settle();

    assertThat(house.posts.getFirst().headers())
        .containsEntry("x-amz-sns-message-type", "SubscriptionConfirmation")
        .doesNotContainKey("x-amz-sns-subscription-arn");
    assertThat(house.posts.getLast().headers())
        .containsEntry("Content-Type", "text/plain; charset=UTF-8")
        .containsEntry("User-Agent", "Amazon Simple Notification Service Agent")
        .containsEntry("x-amz-sns-message-type", "Notification")
        .containsEntry("x-amz-sns-message-id", id)
        .containsEntry("x-amz-sns-topic-arn", topic)
        .containsEntry("x-amz-sns-subscription-arn", arn)
        .doesNotContainKey("x-amz-sns-rawdelivery");
  }

  @Test
  void rawDeliveryIsTheMessageAndNothingElse() {
    house.subscribe(topic, "sqs", QUEUE, "RawMessageDelivery", "true");
    house.subscribe(
        topic,
        "https",
        "https://x.example/hook",
        "RawMessageDelivery",
        "true",
        "DeliveryPolicy",
        "{\"requestPolicy\":{\"headerContentType\":\"application/xml\"}}");
    confirmHttp();
    house.call(
        house.alice,
        PublishRequest.builder()
            .topicArn(topic)
            .message("<a/>")
            .messageAttributes(
                Map.of(
                    "k",
                    MessageAttributeValue.builder().dataType("String").stringValue("v").build(),
                    "n",
                    MessageAttributeValue.builder().dataType("Number").stringValue("1.5").build(),
                    "b",
                    MessageAttributeValue.builder()
                        .dataType("Binary.png")
                        .binaryValue(SdkBytes.fromByteArray(new byte[] {0, -1}))
                        .build()))
            .build());
    house.settle();

    assertThat(queued(0)).isEqualTo("<a/>");
    assertThat(house.handovers.getFirst().attributes())
        .isEqualTo(
            Map.of(
                "k",
                MessageAttribute.string("v"),
                "n",
                MessageAttribute.number("1.5"),
                "b",
                new MessageAttribute("Binary.png", null, new byte[] {0, -1})));
    assertThat(posted(1)).isEqualTo("<a/>");
    assertThat(house.posts.getLast().headers())
        .containsEntry("x-amz-sns-rawdelivery", "true")
        .containsEntry("Content-Type", "application/xml");
  }

  @Test
  void aFunctionGetsAnEventWithFieldsOfItsOwnSpelling() {
    String arn = house.subscribe(topic, "lambda", FUNCTION);
    house.publish(topic, "hello");
    house.settle();

    JsonNode entry = json(queued(0)).path("Records").path(0);
    assertThat(entry.path("EventSource").asText()).isEqualTo("aws:sns");
    assertThat(entry.path("EventVersion").asText()).isEqualTo("1.0");
    assertThat(entry.path("EventSubscriptionArn").asText()).isEqualTo(arn);
    assertThat(entry.path("Sns").properties().stream().map(Map.Entry::getKey))
        .containsExactly(
            "Type",
            "MessageId",
            "TopicArn",
            "Subject",
            "Message",
            "Timestamp",
            "SignatureVersion",
            "Signature",
            "SigningCertUrl",
            "UnsubscribeUrl",
            "MessageAttributes");
    assertThat(entry.path("Sns").path("Subject").isNull()).isTrue();
  }

  @Test
  void withoutAnotherAddressTheCertificateIsServedHere() {
    SnsHouse plain = new SnsHouse();
    plain.subscribe(plain.createTopic("t"), "sqs", QUEUE);
    plain.publish("arn:aws:sns:eu-central-1:111111111111:t", "m");
    plain.settle();

    String url = json(SnsHouse.payload(plain.handovers.getFirst())).path("SigningCertURL").asText();
    assertThat(url).startsWith(SnsHouse.BASE + "/SimpleNotificationService-").endsWith(".pem");
    String path = url.substring(SnsHouse.BASE.length());
    assertThat(SnsService.isPage(path)).isTrue();
    assertThat(SnsHouse.text(plain.open(path))).startsWith("-----BEGIN CERTIFICATE-----");
    assertThat(plain.open(path.replace(".pem", "x.pem")).status()).isEqualTo(404);
  }

  private void signWith(String version) {
    house.call(
        house.alice,
        SetTopicAttributesRequest.builder()
            .topicArn(topic)
            .attributeName("SignatureVersion")
            .attributeValue(version)
            .build());
  }

  private void confirmHttp() {
    house.settle();
    String url = json(posted(0)).path("SubscribeURL").asText();
    String token = url.substring(url.indexOf("Token=") + "Token=".length());
    Response page = house.open(Links.CONFIRMATION + "?TopicArn=" + topic + "&Token=" + token);
    assertThat(page.status()).isEqualTo(200);
  }

  private byte[] fetch(URI address) {
    fetched.add(address);
    return SnsHouse.text(house.open(address.getPath())).getBytes(StandardCharsets.UTF_8);
  }

  private String queued(int index) {
    return SnsHouse.payload(house.handovers.get(index));
  }

  private String posted(int index) {
    return new String(house.posts.get(index).body(), StandardCharsets.UTF_8);
  }

  private static JsonNode json(String text) {
    return Json.object(text).orElseThrow();
  }
}
