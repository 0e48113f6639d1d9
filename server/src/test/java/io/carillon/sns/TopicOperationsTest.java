package io.carillon.sns;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.aws.AwsException;
import io.carillon.aws.ResourcePolicies;
import io.carillon.base.Arn;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.sns.model.AddPermissionRequest;
import software.amazon.awssdk.services.sns.model.CreateTopicRequest;
import software.amazon.awssdk.services.sns.model.DeleteTopicRequest;
import software.amazon.awssdk.services.sns.model.GetTopicAttributesRequest;
import software.amazon.awssdk.services.sns.model.GetTopicAttributesResponse;
import software.amazon.awssdk.services.sns.model.ListSubscriptionsByTopicRequest;
import software.amazon.awssdk.services.sns.model.ListSubscriptionsByTopicResponse;
import software.amazon.awssdk.services.sns.model.ListTagsForResourceRequest;
import software.amazon.awssdk.services.sns.model.ListTagsForResourceResponse;
import software.amazon.awssdk.services.sns.model.ListTopicsRequest;
import software.amazon.awssdk.services.sns.model.ListTopicsResponse;
import software.amazon.awssdk.services.sns.model.RemovePermissionRequest;
import software.amazon.awssdk.services.sns.model.SetTopicAttributesRequest;
import software.amazon.awssdk.services.sns.model.Tag;
import software.amazon.awssdk.services.sns.model.TagResourceRequest;
import software.amazon.awssdk.services.sns.model.UntagResourceRequest;

class TopicOperationsTest {
  private final SnsFixture fixture = new SnsFixture();

  @Test
  void aTopicIsCreatedOnceAndKeepsItsArn() {
    String arn = fixture.createTopic("news");

    assertThat(arn).isEqualTo("arn:aws:sns:eu-central-1:111111111111:news");
    assertThat(fixture.createTopic("news")).isEqualTo(arn);
    assertThat(listAll()).containsExactly(arn);
  }

  @Test
  void creatingATopicAgainWithOtherAttributesOrTagsIsRefused() {
    create(Map.of("DisplayName", "News"), Tag.builder().key("a").value("1").build());

    create(Map.of("DisplayName", "News"), Tag.builder().key("a").value("1").build());
    assertInvalid(
        () -> create(Map.of("DisplayName", "Other")),
        "Invalid parameter: Attributes Reason: Topic already exists with different attributes");
    assertInvalid(
        () -> create(Map.of(), Tag.builder().key("a").value("2").build()),
        "Invalid parameter: Tags Reason: Topic already exists with different tags");
  }

  @Test
  void creatingATopicAgainMayNameFewerTags() {
    Tag a = Tag.builder().key("a").value("1").build();
    Tag b = Tag.builder().key("b").value("2").build();
    create(Map.of(), a);

    create(Map.of());
    create(Map.of(), a);
    assertInvalid(() -> create(Map.of(), a, b), "Topic already exists with different tags");
  }

  @Test
  void unsupportedFeaturesAreRefusedByName() {
    assertInvalid(() -> fixture.createTopic("orders.fifo"), "A FIFO topic is not supported");
    assertInvalid(() -> create(Map.of("FifoTopic", "true")), "A FIFO topic is not supported");
    assertInvalid(() -> create(Map.of("KmsMasterKeyId", "k")), "KmsMasterKeyId is not supported");
    assertInvalid(
        () -> create(Map.of("Nonsense", "k")),
        "Invalid parameter: Attributes Reason: AttributeName");
  }

  @Test
  void namesAreChecked() {
    assertInvalid(() -> fixture.createTopic("a b"), "Invalid parameter: Topic Name");
    assertInvalid(() -> fixture.createTopic(""), "Invalid parameter: Topic Name");
    assertInvalid(() -> fixture.createTopic("x".repeat(257)), "Invalid parameter: Topic Name");
  }

  @Test
  void arnsOfOtherRegionsAndServicesAreRefused() {
    assertInvalid(
        () -> fixture.publish("arn:aws:sns:us-east-1:111111111111:news", "m"),
        "Invalid parameter: TopicArn");
    assertInvalid(
        () -> fixture.publish("arn:aws:sqs:eu-central-1:111111111111:news", "m"),
        "Invalid parameter: TopicArn");
    assertInvalid(
        () -> fixture.publish("news", "m"),
        "Invalid parameter: TopicArn Reason: An ARN must have at least 6 elements, not 1");
  }

  @Test
  void listsHavePagesOfAHundred() {
    for (int i = 0; i < 205; i++) {
      fixture.createTopic("t" + i);
    }
    ListTopicsResponse first = fixture.call(fixture.alice, ListTopicsRequest.builder().build());

    assertThat(first.topics()).hasSize(100);
    assertThat(listAll()).hasSize(205).doesNotHaveDuplicates();
    ListTopicsResponse ofBob = fixture.call(fixture.bob, ListTopicsRequest.builder().build());
    assertThat(ofBob.topics()).isEmpty();
    for (String noToken : List.of("%%", "t100")) {
      assertInvalid(
          () -> fixture.call(fixture.alice, ListTopicsRequest.builder().nextToken(noToken).build()),
          "Invalid parameter: NextToken");
    }
  }

  @Test
  void attributesAreReturnedWithTheirDefaults() {
    String arn = fixture.createTopic("news");

    assertThat(attributes(arn))
        .containsEntry("TopicArn", arn)
        .containsEntry("Owner", "111111111111")
        .containsEntry("DisplayName", "")
        .containsEntry("SubscriptionsConfirmed", "0")
        .containsEntry("SubscriptionsPending", "0")
        .containsEntry("SubscriptionsDeleted", "0");
    assertThat(attributes(arn).get("Policy"))
        .contains("__default_statement_ID", "\"AWS:SourceOwner\":\"111111111111\"");
    assertThat(attributes(arn).get("EffectiveDeliveryPolicy")).contains("\"numRetries\":3");
  }

  @Test
  void attributesAreSetAndReset() {
    String arn = fixture.createTopic("news");

    set(arn, "DisplayName", "Daily news");
    set(arn, "SignatureVersion", "2");
    assertThat(attributes(arn))
        .containsEntry("DisplayName", "Daily news")
        .containsEntry("SignatureVersion", "2");

    set(arn, "DisplayName", null);
    assertThat(attributes(arn)).containsEntry("DisplayName", "");
    assertInvalid(() -> set(arn, "SignatureVersion", "3"), "SignatureVersion");
    assertInvalid(() -> set(arn, "DisplayName", "a\r\nBcc: b"), "DisplayName");
    assertInvalid(() -> set(arn, "Policy", "{\"Statement\":"), "Policy Error");
    assertInvalid(() -> set(arn, "Owner", "me"), "AttributeName");
  }

  @Test
  void permissionsBecomeStatementsOfThePolicy() {
    String arn = fixture.createTopic("news");
    AddPermissionRequest add =
        AddPermissionRequest.builder()
            .topicArn(arn)
            .label("bob")
            .awsAccountIds("222222222222")
            .actionNames("Publish")
            .build();
    fixture.call(fixture.alice, add);

    assertThat(attributes(arn).get("Policy"))
        .contains(
            "\"Sid\":\"bob\"",
            "{\"AWS\":\"arn:aws:iam::222222222222:root\"}",
            "\"Action\":\"SNS:Publish\"");
    assertInvalid(() -> fixture.call(fixture.alice, add), "Statement already exists");
    assertInvalid(
        () -> fixture.call(fixture.alice, add.toBuilder().label("c").actionNames("Fly").build()),
        "Policy statement action out of service scope!");
    assertInvalid(
        () -> fixture.call(fixture.alice, add.toBuilder().label("c").awsAccountIds("x").build()),
        "AWSAccountId");
    assertInvalid(
        () ->
            fixture.call(
                fixture.alice, add.toBuilder().label("c").awsAccountIds("999999999999").build()),
        "AWSAccountId");

    RemovePermissionRequest remove =
        RemovePermissionRequest.builder().topicArn(arn).label("bob").build();
    fixture.call(fixture.alice, remove);
    assertThat(attributes(arn).get("Policy")).doesNotContain("bob");
    assertThatThrownBy(() -> fixture.call(fixture.alice, remove)).hasMessageContaining("not found");
  }

  @Test
  void onlyExistingTopicsHaveAResourcePolicy() {
    String arn = fixture.createTopic("news");
    ResourcePolicies policies = fixture.service.resourcePolicies().orElseThrow();

    Optional<ResourcePolicies.Owned> found =
        fixture.database.read(s -> policies.find(s, Arn.parse(arn)));
    assertThat(found.orElseThrow().owner()).isEqualTo(SnsFixture.ALICE);
    assertThat(found.orElseThrow().policy().orElseThrow()).contains("__default_policy_ID");
    assertThat(fixture.database.<Optional<?>>read(s -> policies.find(s, Arn.parse(arn + "x"))))
        .isEmpty();
    assertThat(
            fixture.database.<Optional<?>>read(
                s -> policies.find(s, Arn.parse("arn:aws:sns:*:*:*"))))
        .isEmpty();
  }

  @Test
  void tagsAreSetListedAndRemoved() {
    String arn = fixture.createTopic("news");
    fixture.call(
        fixture.alice,
        TagResourceRequest.builder()
            .resourceArn(arn)
            .tags(
                Tag.builder().key("a").value("1").build(),
                Tag.builder().key("b").value("2").build())
            .build());
    fixture.call(
        fixture.alice, UntagResourceRequest.builder().resourceArn(arn).tagKeys("a").build());

    ListTagsForResourceResponse left =
        fixture.call(fixture.alice, ListTagsForResourceRequest.builder().resourceArn(arn).build());
    assertThat(left.tags()).containsExactly(Tag.builder().key("b").value("2").build());
    assertInvalid(
        () ->
            fixture.call(
                fixture.alice,
                TagResourceRequest.builder()
                    .resourceArn(arn)
                    .tags(Tag.builder().key("aws:x").value("").build())
                    .build()),
        "invalid tag key");
    assertThatThrownBy(
            () ->
                fixture.call(
                    fixture.alice,
                    ListTagsForResourceRequest.builder().resourceArn(arn + "x").build()))
        .hasMessage("Resource does not exist");
  }

  @Test
  void deletingATopicDeletesItsSubscriptionsEvenIfItIsRecreated() {
    String arn = fixture.createTopic("news");
    for (int i = 0; i < 1_200; i++) {
      fixture.subscribe(arn, "sms", "+4915112" + (100_000 + i));
    }
    fixture.call(fixture.alice, DeleteTopicRequest.builder().topicArn(arn).build());
    fixture.createTopic("news");

    assertThat(subscriptions(arn)).isEmpty();
    assertThat(attributes(arn)).containsEntry("SubscriptionsConfirmed", "0");
    fixture.subscribe(arn, "sms", "+49151999");
    fixture.runDue();
    assertThat(subscriptions(arn)).hasSize(1);
    assertThat(
            fixture
                .<software.amazon.awssdk.services.sns.model.ListSubscriptionsRequest,
                    software.amazon.awssdk.services.sns.model.ListSubscriptionsResponse>
                    call(
                        fixture.alice,
                        software.amazon.awssdk.services.sns.model.ListSubscriptionsRequest.builder()
                            .build())
                .subscriptions())
        .hasSize(1);
    fixture.call(fixture.alice, DeleteTopicRequest.builder().topicArn(arn + "x").build());
  }

  private List<?> subscriptions(String arn) {
    ListSubscriptionsByTopicResponse page =
        fixture.call(
            fixture.alice, ListSubscriptionsByTopicRequest.builder().topicArn(arn).build());
    return page.subscriptions();
  }

  private void create(Map<String, String> attributes, Tag... tags) {
    CreateTopicRequest.Builder request =
        CreateTopicRequest.builder().name("news").attributes(attributes);
    fixture.call(fixture.alice, (tags.length > 0 ? request.tags(tags) : request).build());
  }

  private void set(String arn, String name, @org.jspecify.annotations.Nullable String value) {
    fixture.call(
        fixture.alice,
        SetTopicAttributesRequest.builder()
            .topicArn(arn)
            .attributeName(name)
            .attributeValue(value)
            .build());
  }

  private Map<String, String> attributes(String arn) {
    GetTopicAttributesResponse response =
        fixture.call(fixture.alice, GetTopicAttributesRequest.builder().topicArn(arn).build());
    return response.attributes();
  }

  private List<String> listAll() {
    List<String> arns = new ArrayList<>();
    String token = null;
    do {
      ListTopicsResponse page =
          fixture.call(fixture.alice, ListTopicsRequest.builder().nextToken(token).build());
      page.topics().forEach(topic -> arns.add(topic.topicArn()));
      token = page.nextToken();
    } while (token != null);
    return arns;
  }

  static void assertInvalid(ThrowingCallable call, String message) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            AwsException.class, e -> assertThat(e.error()).isEqualTo(SnsError.INVALID_PARAMETER))
        .hasMessageContaining(message);
  }
}
