package io.carillon.logs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.carillon.aws.AwsException;
import io.carillon.aws.DirectPipeline;
import io.carillon.aws.ResourcePolicies.Owned;
import io.carillon.base.AccountId;
import io.carillon.base.Arn;
import io.carillon.base.Region;
import io.carillon.kernel.TestKernel;
import io.carillon.policy.FewPrincipals;
import io.carillon.store.Database;
import io.carillon.store.RepeatingDatabase;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.core.SdkPojo;
import software.amazon.awssdk.services.cloudwatchlogs.model.CreateLogGroupRequest;
import software.amazon.awssdk.services.cloudwatchlogs.model.DeleteResourcePolicyRequest;
import software.amazon.awssdk.services.cloudwatchlogs.model.DescribeResourcePoliciesRequest;
import software.amazon.awssdk.services.cloudwatchlogs.model.DescribeResourcePoliciesResponse;
import software.amazon.awssdk.services.cloudwatchlogs.model.PolicyScope;
import software.amazon.awssdk.services.cloudwatchlogs.model.PutResourcePolicyRequest;
import software.amazon.awssdk.services.cloudwatchlogs.model.PutResourcePolicyResponse;

/// Source:
/// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutResourcePolicy.html
class LogPoliciesTest {
  private static final AccountId ACCOUNT = new AccountId("123456789012");
  private static final Instant NOW = Instant.parse("2026-11-22T12:00:00Z");
  private static final String STATEMENT =
      "{\"Effect\":\"Allow\",\"Principal\":{\"Service\":\"events.amazonaws.com\"},"
          + "\"Action\":\"logs:PutLogEvents\",\"Resource\":\"*\"}";
  private static final String ONE = "{\"Version\":\"2012-10-17\",\"Statement\":" + STATEMENT + "}";
  private static final String TWO =
      "{\"Version\":\"2012-10-17\",\"Statement\":[" + STATEMENT + "," + STATEMENT + "]}";

  private final Database database = RepeatingDatabase.inMemory();
  private final LogsService logs =
      new LogsService(new TestKernel(database, () -> NOW).with(new FewPrincipals()).build());
  private final DirectPipeline pipeline =
      new DirectPipeline(logs.operations(), DirectPipeline.letting(() -> true));

  @Test
  void thePoliciesOfAnAccountAreThatOfEachOfItsGroups() {
    Object unused = call(CreateLogGroupRequest.builder().logGroupName("/g").build());
    assertThat(policy()).isEmpty();
    PutResourcePolicyResponse put = put("a", ONE);
    assertThat(put.resourcePolicy().policyDocument()).isEqualTo(ONE);
    assertThat(put.resourcePolicy().policyScope()).isEqualTo(PolicyScope.ACCOUNT);
    assertThat(put.resourcePolicy().lastUpdatedTime()).isEqualTo(NOW.toEpochMilli());
    assertThat(policy()).hasValue(TWO.replace("," + STATEMENT, ""));
    unused = put("b", ONE);
    assertThat(policy()).hasValue(TWO);
    unused = call(DeleteResourcePolicyRequest.builder().policyName("a").build());
    unused = call(DeleteResourcePolicyRequest.builder().policyName("b").build());
    assertThat(policy()).isEmpty();
  }

  @Test
  void policiesAreListedInPages() {
    List.of("b", "a", "c").forEach(name -> put(name, ONE));
    List<String> names = new ArrayList<>();
    String token = null;
    do {
      DescribeResourcePoliciesResponse page =
          call(DescribeResourcePoliciesRequest.builder().limit(2).nextToken(token).build());
      page.resourcePolicies().forEach(policy -> names.add(policy.policyName()));
      token = page.nextToken();
    } while (token != null);
    assertThat(names).containsExactly("a", "b", "c");
  }

  @Test
  void anAccountHasAtMostTenPolicies() {
    for (int i = 0; i < 10; i++) {
      var _ = put("p" + i, ONE);
    }
    refused(request("more", ONE), "LimitExceededException", "Resource limit exceeded.");
    var _ = put("p0", TWO);
  }

  @Test
  void invalidAndUnsupportedPoliciesAreRefused() {
    refused(request("p", "{"), "InvalidParameterException", "");
    refused(
        request("p", ONE.replace("logs:", "sqs:")),
        "InvalidParameterException",
        "actions of other services");
    refused(
        request("p", " ".repeat(5_121)),
        "InvalidParameterException",
        "Member must have length less than or equal to 5120");
    refused(
        request("p", ONE).toBuilder().resourceArn("arn:aws:logs:x").build(),
        "InvalidParameterException",
        "Carillon does not support resourceArn here.");
    refused(
        DeleteResourcePolicyRequest.builder().policyName("none").build(),
        "ResourceNotFoundException",
        "Policy with name [none] does not exist.");
  }

  private Optional<String> policy() {
    Arn group = Arn.parse("arn:aws:logs:eu-central-1:123456789012:log-group:/g:*");
    return database
        .read(snapshot -> logs.resourcePolicies().orElseThrow().find(snapshot, group))
        .flatMap(Owned::policy);
  }

  private PutResourcePolicyResponse put(String name, String document) {
    return call(request(name, document));
  }

  private static PutResourcePolicyRequest request(String name, String document) {
    return PutResourcePolicyRequest.builder().policyName(name).policyDocument(document).build();
  }

  private <I extends SdkPojo, O> O call(I input) {
    return pipeline.call(DirectPipeline.root(ACCOUNT, new Region("eu-central-1"), NOW), input);
  }

  private void refused(SdkPojo input, String code, String message) {
    assertThatExceptionOfType(AwsException.class)
        .isThrownBy(
            () -> {
              var _ = call(input);
            })
        .satisfies(e -> assertThat(e.error().code()).isEqualTo(code))
        .withMessageContaining(message);
  }
}
