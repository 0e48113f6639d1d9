package io.carillon.sns;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.amazonaws.services.sns.message.SdkValidator;
import com.amazonaws.services.sns.message.SnsNotification;
import com.amazonaws.services.sns.message.SnsSubscriptionConfirmation;
import com.amazonaws.services.sns.message.SnsUnsubscribeConfirmation;
import com.fasterxml.jackson.databind.JsonNode;
import io.carillon.http.Response;
import io.carillon.messaging.MessageAttribute;
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

/// Envelopes, validated by the SDK.
class EnvelopeTest {
  private static final String QUEUE = "arn:aws:sqs:eu-central-1:111111111111:q";
  private static final String FUNCTION = "arn:aws:lambda:eu-central-1:111111111111:function:f";

  private final SnsFixture fixture = new SnsFixture("https://sns.{region}.amazonaws.com{path}");
  private final List<URI> fetchedUrls = new ArrayList<>();
  private final SdkValidator sdk = new SdkValidator("eu-central-1", this::fetch);
  private String topic = "";

  @BeforeEach
  void createTopic() {
    topic = fixture.createTopic("news");
  }

  @ParameterizedTest
  @ValueSource(strings = {"1", "2"})
  void theSdkAcceptsSignedNotifications(String version) {
    signWith(version);
    fixture.subscribe(topic, "sqs", QUEUE);
    fixture.subscribe(topic, "https", "https://x.example/hook");
    confirmHttp();
    fixture.call(
        fixture.alice,
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
    fixture.publish(topic, "without a subject");
    fixture.runDue();

    assertThat(fixture.serviceMessages).hasSize(2);
    assertThat(fixture.posts).hasSize(3);
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
    assertThat(fetchedUrls.getFirst().getHost()).isEqualTo("sns.eu-central-1.amazonaws.com");
  }

  @ParameterizedTest
  @ValueSource(strings = {"1", "2"})
  void theSdkAcceptsSignedConfirmations(String version) {
    signWith(version);
    String arn = fixture.subscribe(topic, "https", "https://x.example/hook");
    fixture.runDue();
    SnsSubscriptionConfirmation question = (SnsSubscriptionConfirmation) sdk.validate(posted(0));
    assertThat(question.getToken()).hasSize(208);
    assertThat(json(posted(0)).path("SubscribeURL").asText())
        .isEqualTo(
            SnsFixture.BASE
                + "/?Action=ConfirmSubscription&TopicArn="
                + topic
                + "&Token="
                + question.getToken());
    confirmHttp();
    fixture.call(fixture.stranger, UnsubscribeRequest.builder().subscriptionArn(arn).build());
    fixture.runDue();

    assertThat(sdk.validate(posted(1))).isInstanceOf(SnsUnsubscribeConfirmation.class);
  }

  @Test
  void theSdkRejectsTamperedMessages() {
    fixture.subscribe(topic, "sqs", QUEUE);
    fixture.publish(topic, "pay 10");
    fixture.runDue();

    String genuine = queued(0);
    sdk.validate(genuine);
    assertThatThrownBy(() -> sdk.validate(genuine.replace("pay 10", "pay 90")))
        .hasMessageContaining("Signature");
  }

  @Test
  void eachBodyOfAStructuredMessageHasItsOwnSignature() {
    fixture.subscribe(topic, "sqs", QUEUE);
    fixture.subscribe(topic, "https", "https://x.example/hook");
    confirmHttp();
    fixture.call(
        fixture.alice,
        PublishRequest.builder()
            .topicArn(topic)
            .messageStructure("json")
            .message("{\"default\":\"d\",\"sqs\":\"for queues\"}")
            .build());
    fixture.runDue();

    assertThat(((SnsNotification) sdk.validate(queued(0))).getMessage()).isEqualTo("for queues");
    assertThat(((SnsNotification) sdk.validate(posted(1))).getMessage()).isEqualTo("d");
  }

  @Test
  void envelopesHaveTheLayoutOfAws() {
    fixture.subscribe(topic, "sqs", QUEUE);
    String id = fixture.publish(topic, "hello");
    fixture.runDue();

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
  void httpHeadersDescribeTheMessage() {
    String arn = fixture.subscribe(topic, "https", "https://x.example/hook");
    confirmHttp();
    String id = fixture.publish(topic, "hello");
    fixture.runDue();

    assertThat(fixture.posts.getFirst().headers())
        .containsEntry("x-amz-sns-message-type", "SubscriptionConfirmation")
        .doesNotContainKey("x-amz-sns-subscription-arn");
    assertThat(fixture.posts.getLast().headers())
        .containsEntry("Content-Type", "text/plain; charset=UTF-8")
        .containsEntry("User-Agent", "Amazon Simple Notification Service Agent")
        .containsEntry("x-amz-sns-message-type", "Notification")
        .containsEntry("x-amz-sns-message-id", id)
        .containsEntry("x-amz-sns-topic-arn", topic)
        .containsEntry("x-amz-sns-subscription-arn", arn)
        .doesNotContainKey("x-amz-sns-rawdelivery");
  }

  @Test
  void rawDeliverySendsOnlyTheMessage() {
    fixture.subscribe(topic, "sqs", QUEUE, "RawMessageDelivery", "true");
    fixture.subscribe(
        topic,
        "https",
        "https://x.example/hook",
        "RawMessageDelivery",
        "true",
        "DeliveryPolicy",
        "{\"requestPolicy\":{\"headerContentType\":\"application/xml\"}}");
    confirmHttp();
    fixture.call(
        fixture.alice,
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
    fixture.runDue();

    assertThat(queued(0)).isEqualTo("<a/>");
    assertThat(fixture.serviceMessages.getFirst().attributes())
        .isEqualTo(
            Map.of(
                "k",
                MessageAttribute.string("v"),
                "n",
                MessageAttribute.number("1.5"),
                "b",
                new MessageAttribute("Binary.png", null, new byte[] {0, -1})));
    assertThat(posted(1)).isEqualTo("<a/>");
    assertThat(fixture.posts.getLast().headers())
        .containsEntry("x-amz-sns-rawdelivery", "true")
        .containsEntry("Content-Type", "application/xml");
  }

  @Test
  void functionEventsHaveTheirOwnFieldNames() {
    String arn = fixture.subscribe(topic, "lambda", FUNCTION);
    fixture.publish(topic, "hello");
    fixture.runDue();

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
  void theCertificateIsServedHereByDefault() {
    SnsFixture plain = new SnsFixture();
    plain.subscribe(plain.createTopic("t"), "sqs", QUEUE);
    plain.publish("arn:aws:sns:eu-central-1:111111111111:t", "m");
    plain.runDue();

    String url =
        json(SnsFixture.payload(plain.serviceMessages.getFirst())).path("SigningCertURL").asText();
    assertThat(url).startsWith(SnsFixture.BASE + "/SimpleNotificationService-").endsWith(".pem");
    String path = url.substring(SnsFixture.BASE.length());
    assertThat(path).startsWith(plain.service.pages().getFirst().prefix());
    assertThat(SnsFixture.text(plain.open(path))).startsWith("-----BEGIN CERTIFICATE-----");
    assertThat(plain.open(path.replace(".pem", "x.pem")).status()).isEqualTo(404);
  }

  private void signWith(String version) {
    fixture.call(
        fixture.alice,
        SetTopicAttributesRequest.builder()
            .topicArn(topic)
            .attributeName("SignatureVersion")
            .attributeValue(version)
            .build());
  }

  private void confirmHttp() {
    fixture.runDue();
    String url = json(posted(0)).path("SubscribeURL").asText();
    String token = url.substring(url.indexOf("Token=") + "Token=".length());
    Response page =
        fixture.open(SubscriptionLinks.CONFIRMATION + "?TopicArn=" + topic + "&Token=" + token);
    assertThat(page.status()).isEqualTo(200);
  }

  private byte[] fetch(URI address) {
    fetchedUrls.add(address);
    return SnsFixture.text(fixture.open(address.getPath())).getBytes(StandardCharsets.UTF_8);
  }

  private String queued(int index) {
    return SnsFixture.payload(fixture.serviceMessages.get(index));
  }

  private String posted(int index) {
    return new String(fixture.posts.get(index).body(), StandardCharsets.UTF_8);
  }

  private static JsonNode json(String text) {
    return SnsJson.object(text).orElseThrow();
  }
}
