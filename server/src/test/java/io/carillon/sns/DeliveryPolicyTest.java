package io.carillon.sns;

import static io.carillon.sns.TopicOperationsTest.assertInvalid;
import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.outbox.RetryPolicy;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DeliveryPolicyTest {

  @Test
  void defaultsApplyWithoutAPolicy() {
    DeliveryPolicy policy = DeliveryPolicy.ofTopic("");

    assertThat(policy.retries().toRetryPolicy().maxAttempts())
        .isEqualTo(RetryPolicy.SNS_HTTP.maxAttempts());
    assertThat(policy.retries().toRetryPolicy().waitAfter(3)).contains(Duration.ofSeconds(20));
    assertThat(policy.retries().toRetryPolicy().waitAfter(4)).isEmpty();
    assertThat(policy.toTopicJson())
        .isEqualTo(
            "{\"http\":{\"defaultHealthyRetryPolicy\":{\"minDelayTarget\":20,\"maxDelayTarget\":20,"
                + "\"numRetries\":3,\"numMaxDelayRetries\":0,\"numNoDelayRetries\":0,"
                + "\"numMinDelayRetries\":0,\"backoffFunction\":\"linear\"},"
                + "\"disableSubscriptionOverrides\":false,\"defaultRequestPolicy\":{\"headerContentType\":\"text/plain;"
                + " charset=UTF-8\"}}}");
  }

  @Test
  void aSubscriptionPolicyOverridesSingleMembersOfItsTopics() {
    DeliveryPolicy topic =
        DeliveryPolicy.ofTopic(
            "{\"http\":{\"defaultHealthyRetryPolicy\":{\"numRetries\":9},"
                + "\"defaultThrottlePolicy\":{\"maxReceivesPerSecond\":5}}}");
    DeliveryPolicy own =
        DeliveryPolicy.ofSubscription(
            "{\"requestPolicy\":{\"headerContentType\":\"application/json\"}}", topic, false);

    assertThat(own.retries().numRetries()).isEqualTo(9);
    assertThat(own.maxPerSecond()).isEqualTo(5);
    assertThat(own.contentType()).isEqualTo("application/json");
    assertThat(own.toSubscriptionJson())
        .contains("\"maxReceivesPerSecond\":5", "\"numRetries\":9", "application/json");
  }

  @Test
  void aTopicCanForbidOverrides() {
    DeliveryPolicy topic =
        DeliveryPolicy.ofTopic("{\"http\":{\"disableSubscriptionOverrides\":true}}");

    assertThat(
            DeliveryPolicy.ofSubscription(
                    "{\"healthyRetryPolicy\":{\"numRetries\":50}}", topic, false)
                .retries()
                .numRetries())
        .isEqualTo(3);
  }

  @Test
  void contentTypesDependOnRawDelivery() {
    String csv = "{\"requestPolicy\":{\"headerContentType\":\"text/csv; charset=UTF-8\"}}";

    assertThat(DeliveryPolicy.ofSubscription(csv, DeliveryPolicy.DEFAULT, true).contentType())
        .isEqualTo("text/csv; charset=UTF-8");
    assertInvalid(
        () -> DeliveryPolicy.ofSubscription(csv, DeliveryPolicy.DEFAULT, false), "text/csv");
    assertInvalid(
        () ->
            DeliveryPolicy.ofSubscription(
                "{\"requestPolicy\":{\"headerContentType\":\"text/plain;\\r\\nX-Evil: 1\"}}",
                DeliveryPolicy.DEFAULT,
                true),
        "headerContentType");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {"numRetries":101}                                    | numRetries must be a whole number from 0 to 100
          {"numRetries":-1}                                     | numRetries
          {"numRetries":1.5}                                    | numRetries
          {"numRetries":"3"}                                    | numRetries
          {"minDelayTarget":0}                                  | minDelayTarget
          {"maxDelayTarget":3601}                               | maxDelayTarget
          {"minDelayTarget":30,"maxDelayTarget":20}             | minDelayTarget must not exceed
          {"numRetries":3,"numNoDelayRetries":2,"numMaxDelayRetries":2} | more retries than numRetries
          {"numRetries":100,"minDelayTarget":60,"maxDelayTarget":60} | must not last longer than 3600 seconds
          {"backoffFunction":"cubic"}                           | backoffFunction
          {"colour":"red"}                                      | unknown member colour
          7                                                     | must be an object
          """)
  void retryNumbersAreChecked(String retries, String message) {
    assertInvalid(
        () -> DeliveryPolicy.ofTopic("{\"http\":{\"defaultHealthyRetryPolicy\":" + retries + "}}"),
        message);
    assertInvalid(
        () ->
            DeliveryPolicy.ofSubscription(
                "{\"healthyRetryPolicy\":" + retries + "}", DeliveryPolicy.DEFAULT, false),
        message);
  }

  @Test
  void malformedDocumentsAreRefused() {
    assertInvalid(() -> DeliveryPolicy.ofTopic("[]"), "failed to parse JSON");
    assertInvalid(() -> DeliveryPolicy.ofTopic("{\"https\":{}}"), "unknown member https");
    assertInvalid(
        () -> DeliveryPolicy.ofTopic("{\"http\":{\"disableSubscriptionOverrides\":\"yes\"}}"),
        "true or false");
    assertInvalid(
        () ->
            DeliveryPolicy.ofTopic(
                "{\"http\":{\"defaultThrottlePolicy\":{\"maxReceivesPerSecond\":0}}}"),
        "maxReceivesPerSecond");
  }
}
