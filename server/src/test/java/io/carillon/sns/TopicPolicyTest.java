package io.carillon.sns;

import static io.carillon.sns.TopicOperationsTest.assertInvalid;
import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.base.Arn;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.services.sns.model.AddPermissionRequest;
import software.amazon.awssdk.services.sns.model.CreateTopicRequest;
import software.amazon.awssdk.services.sns.model.GetTopicAttributesRequest;
import software.amazon.awssdk.services.sns.model.GetTopicAttributesResponse;
import software.amazon.awssdk.services.sns.model.ListTopicsRequest;
import software.amazon.awssdk.services.sns.model.ListTopicsResponse;
import software.amazon.awssdk.services.sns.model.SetTopicAttributesRequest;

/// Validation of topic policies, and the principals that they apply to.
class TopicPolicyTest {
  private static final String BOB = "arn:aws:iam::111111111111:user/bob";
  private static final String BOBS_ID = "AIDABOBBOBBOBBOBBOBBO";

  private final SnsFixture fixture = new SnsFixture();
  private final String topic = fixture.createTopic("news");

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"AWS\":\"arn:aws:iam::111111111111:user/nobody\"}",
        "{\"AWS\":\"AIDANOBODYNOBODYNOBOD\"}",
        "{\"AWS\":\"999999999999\"}",
        "{\"AWS\":\"bob\"}",
        "{\"Service\":\"s3.example.com\"}"
      })
  void unknownPrincipalsAreRefused(String principal) {
    String before = policy();

    assertInvalid(
        () -> set(policy(principal, "SNS:Publish")),
        "Invalid parameter: Policy Error: PrincipalNotFound");
    assertInvalid(
        () -> create(policy(principal, "SNS:Publish")),
        "Invalid parameter: Attributes Reason: Policy Error: PrincipalNotFound");

    assertThat(policy()).isEqualTo(before);
    ListTopicsResponse topics = fixture.call(fixture.alice, ListTopicsRequest.builder().build());
    assertThat(topics.topics()).hasSize(1);
  }

  @Test
  void actionsOfOtherServicesAreRefused() {
    assertInvalid(
        () -> set(policy("\"*\"", "sqs:SendMessage")),
        "Invalid parameter: Policy statement action out of service scope!");
    assertInvalid(
        () -> set(policy("\"*\"", "snsx:Publish")),
        "Invalid parameter: Policy statement action out of service scope!");
    set(policy("{\"Service\":\"s3.amazonaws.com\"}", "sns:Publish"));
    set(policy("{\"AWS\":\"222222222222\"}", "SNS:*"));
    set(policy("\"*\"", "*"));
  }

  @Test
  void aPolicyDoesNotApplyToARecreatedUser() {
    fixture.principals.idsByArn.put(BOB, BOBS_ID);
    set(policy("{\"AWS\":[\"" + BOB + "\"]}", "SNS:Publish"));
    assertThat(policy()).contains(BOB);
    assertThat(pinned(topic)).containsExactly(Map.entry(BOB, BOBS_ID));

    fixture.principals.idsByArn.remove(BOB);
    assertThat(policy()).contains("\"" + BOBS_ID + "\"").doesNotContain(BOB);

    fixture.call(
        fixture.alice,
        AddPermissionRequest.builder()
            .topicArn(topic)
            .label("friends")
            .awsAccountIds("222222222222")
            .actionNames("Publish")
            .build());
    assertThat(pinned(topic)).containsExactly(Map.entry(BOB, BOBS_ID));

    set("");
    assertThat(pinned(topic)).isEmpty();
  }

  @Test
  void theInitialPolicyPinsItsPrincipals() {
    fixture.principals.idsByArn.put(BOB, BOBS_ID);
    create(policy("{\"AWS\":\"" + BOB + "\"}", "SNS:Publish"));

    assertThat(pinned(topic.replace("news", "other"))).containsExactly(Map.entry(BOB, BOBS_ID));
  }

  private Map<String, String> pinned(String arn) {
    return fixture
        .database
        .read(s -> fixture.service.resourcePolicies().orElseThrow().find(s, Arn.parse(arn)))
        .orElseThrow()
        .pinned();
  }

  private String policy(String principal, String action) {
    return "{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":"
        + principal
        + ",\"Action\":\""
        + action
        + "\",\"Resource\":\""
        + topic
        + "\"}]}";
  }

  private void create(String policy) {
    fixture.call(
        fixture.alice,
        CreateTopicRequest.builder().name("other").attributes(Map.of("Policy", policy)).build());
  }

  private void set(String policy) {
    fixture.call(
        fixture.alice,
        SetTopicAttributesRequest.builder()
            .topicArn(topic)
            .attributeName("Policy")
            .attributeValue(policy)
            .build());
  }

  private String policy() {
    GetTopicAttributesResponse response =
        fixture.call(fixture.alice, GetTopicAttributesRequest.builder().topicArn(topic).build());
    return String.valueOf(response.attributes().get("Policy"));
  }
}
