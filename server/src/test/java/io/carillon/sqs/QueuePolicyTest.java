package io.carillon.sqs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.aws.AwsException;
import io.carillon.aws.DirectPipeline;
import io.carillon.base.AccountId;
import io.carillon.base.Arn;
import io.carillon.base.Region;
import io.carillon.kernel.TestKernel;
import io.carillon.policy.FewPrincipals;
import io.carillon.store.Database;
import io.carillon.store.RepeatingDatabase;
import java.time.Instant;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.services.sqs.model.CreateQueueRequest;
import software.amazon.awssdk.services.sqs.model.GetQueueAttributesRequest;
import software.amazon.awssdk.services.sqs.model.GetQueueAttributesResponse;
import software.amazon.awssdk.services.sqs.model.ListQueuesRequest;
import software.amazon.awssdk.services.sqs.model.ListQueuesResponse;
import software.amazon.awssdk.services.sqs.model.SetQueueAttributesRequest;
import software.amazon.awssdk.services.sqs.model.TagQueueRequest;

/// Validation of queue policies, and the principals that they apply to.
class QueuePolicyTest {
  private static final AccountId ACCOUNT = new AccountId("123456789012");
  private static final Instant NOW = Instant.parse("2026-11-22T12:00:00Z");
  private static final String QUEUE = "http://localhost:4566/123456789012/q";
  private static final String BOB = "arn:aws:iam::123456789012:role/bob";
  private static final String BOBS_ID = "AROABOBBOBBOBBOBBOBBO";

  private final FewPrincipals principals = new FewPrincipals(ACCOUNT);
  private final Database database = RepeatingDatabase.inMemory();
  private final SqsService sqs =
      new SqsService(new TestKernel(database, () -> NOW).with(principals).build());
  private final DirectPipeline pipeline =
      new DirectPipeline(sqs.operations(), DirectPipeline.letting(() -> true));

  @BeforeEach
  void aQueue() {
    run(CreateQueueRequest.builder().queueName("q").build());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"AWS\":\"arn:aws:iam::123456789012:user/nobody\"}",
        "{\"AWS\":\"AIDANOBODYNOBODYNOBOD\"}",
        "{\"AWS\":\"999999999999\"}",
        "{\"AWS\":\"bob\"}",
        "{\"Service\":\"s3.example.com\"}"
      })
  void unknownPrincipalsAreRefused(String principal) {
    refused(() -> set(policy(principal, "sqs:*")), "Invalid value for the parameter Policy.");
    refused(
        () -> create("other", policy(principal, "sqs:*")),
        "Invalid value for the parameter Policy.");

    assertThat(attributes()).doesNotContainKey("Policy");
    ListQueuesResponse queues = run(ListQueuesRequest.builder().build());
    assertThat(queues.queueUrls()).containsExactly(QUEUE);
  }

  @Test
  void actionsOfOtherServicesAreRefused() {
    refused(
        () -> set(policy("\"*\"", "sns:Publish")),
        "Invalid value for the parameter Policy. Reason: Policy statement action out of service"
            + " scope!");
    set(policy("{\"Service\":\"s3.amazonaws.com\"}", "SQS:SendMessage"));
    set(policy("{\"AWS\":\"123456789012\"}", "sqs:*"));
    set(policy("\"*\"", "*"));
  }

  @Test
  void aPolicyDoesNotApplyToARecreatedRole() {
    principals.idsByArn.put(BOB, BOBS_ID);
    String policy = policy("{\"AWS\":\"" + BOB + "\"}", "sqs:*");
    set(policy);
    create("other", policy);
    assertThat(attributes()).containsEntry("Policy", policy);
    assertThat(pinned("q")).containsExactly(Map.entry(BOB, BOBS_ID));
    assertThat(pinned("other")).containsExactly(Map.entry(BOB, BOBS_ID));

    principals.idsByArn.put(BOB, "AROAOTHEROTHEROTHEROT");
    assertThat(attributes().get("Policy")).contains("\"" + BOBS_ID + "\"").doesNotContain(BOB);
    run(TagQueueRequest.builder().queueUrl(QUEUE).tags(Map.of("a", "b")).build());
    set(Map.of("DelaySeconds", "1"));
    assertThat(pinned("q")).containsExactly(Map.entry(BOB, BOBS_ID));

    set("");
    assertThat(pinned("q")).isEmpty();
  }

  private Map<String, String> pinned(String queue) {
    Arn arn = Arn.parse("arn:aws:sqs:us-east-1:123456789012:" + queue);
    return database
        .read(s -> sqs.resourcePolicies().orElseThrow().find(s, arn))
        .orElseThrow()
        .pinned();
  }

  private static String policy(String principal, String action) {
    return "{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":"
        + principal
        + ",\"Action\":\""
        + action
        + "\",\"Resource\":\"arn:aws:sqs:us-east-1:123456789012:q\"}]}";
  }

  private void create(String name, String policy) {
    run(
        CreateQueueRequest.builder()
            .queueName(name)
            .attributesWithStrings(Map.of("Policy", policy))
            .build());
  }

  private void set(String policy) {
    set(Map.of("Policy", policy));
  }

  private void set(Map<String, String> attributes) {
    run(
        SetQueueAttributesRequest.builder()
            .queueUrl(QUEUE)
            .attributesWithStrings(attributes)
            .build());
  }

  private Map<String, String> attributes() {
    GetQueueAttributesResponse answer =
        run(
            GetQueueAttributesRequest.builder()
                .queueUrl(QUEUE)
                .attributeNamesWithStrings("All")
                .build());
    return answer.attributesAsStrings();
  }

  private <I, O> O run(I input) {
    return pipeline.call(DirectPipeline.root(ACCOUNT, Region.US_EAST_1, NOW), input);
  }

  private static void refused(ThrowingCallable call, String message) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            AwsException.class,
            e -> assertThat(e.error()).isEqualTo(SqsError.INVALID_ATTRIBUTE_VALUE))
        .hasMessage(message);
  }
}
