package io.carillon.lambda;

import static io.carillon.lambda.LambdaFixture.python;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.aws.ResourcePolicies.Owned;
import io.carillon.base.Arn;
import io.carillon.policy.PolicyDocument;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.lambda.model.AddPermissionRequest;
import software.amazon.awssdk.services.lambda.model.AddPermissionResponse;
import software.amazon.awssdk.services.lambda.model.FunctionConfiguration;
import software.amazon.awssdk.services.lambda.model.GetPolicyRequest;
import software.amazon.awssdk.services.lambda.model.GetPolicyResponse;
import software.amazon.awssdk.services.lambda.model.RemovePermissionRequest;
import software.amazon.awssdk.services.lambda.model.RemovePermissionResponse;

/// Source: https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html and aws-facts §4.4
class FunctionPoliciesTest {
  private static final Arn ARN = Arn.parse("arn:aws:lambda:eu-central-1:123456789012:function:f");
  @TempDir static Path folder;
  private static LambdaFixture fixture;

  @BeforeAll
  static void open() throws Exception {
    fixture = new LambdaFixture(folder);
    fixture.call(
        python("f", "def handler(e, c): pass\n").publish(true).build(),
        FunctionConfiguration.class);
  }

  @AfterAll
  static void close() {
    fixture.close();
  }

  private static AddPermissionRequest.Builder permission(String id) {
    return AddPermissionRequest.builder()
        .functionName("f")
        .statementId(id)
        .action("lambda:InvokeFunction")
        .principal("s3.amazonaws.com");
  }

  private static String add(AddPermissionRequest.Builder r) throws Exception {
    return fixture.call(r.build(), AddPermissionResponse.class).statement();
  }

  private static void remove(String id) throws Exception {
    fixture.call(
        RemovePermissionRequest.builder().functionName("f").statementId(id).build(),
        RemovePermissionResponse.class);
  }

  @Test
  void permissionBecomesAStatementWithSourceConditions() throws Exception {
    assertThat(add(permission("s3").sourceArn("arn:aws:s3:::b").sourceAccount("123456789012")))
        .isEqualTo(
            "{\"Sid\":\"s3\",\"Effect\":\"Allow\",\"Principal\":{\"Service\":\"s3.amazonaws.com\"},"
                + "\"Action\":\"lambda:InvokeFunction\","
                + "\"Resource\":\"arn:aws:lambda:eu-central-1:123456789012:function:f\","
                + "\"Condition\":{\"StringEquals\":{\"AWS:SourceAccount\":\"123456789012\"},"
                + "\"ArnLike\":{\"AWS:SourceArn\":\"arn:aws:s3:::b\"}}}");
    assertThatThrownBy(() -> add(permission("s3"))).hasMessageContaining("already exists");
    Owned owned = find(ARN).orElseThrow();
    assertThat(owned.owner().value()).isEqualTo("123456789012");
    var _ = PolicyDocument.parse(owned.policy().orElseThrow(), PolicyDocument.Flavour.RESOURCE);
    remove("s3");
    assertThatThrownBy(() -> remove("s3")).hasMessageContaining("is not found in resource policy");
    assertThat(find(ARN).orElseThrow().policy()).isEmpty();
  }

  @Test
  void principalsAreServicesAccountsArnsOrTheWildcard() throws Exception {
    fixture.principals.idsByArn.put("arn:aws:iam::111122223333:role/r", "AROA1");
    assertThat(add(permission("p1").principal("111122223333")))
        .contains("\"Principal\":{\"AWS\":\"arn:aws:iam::111122223333:root\"}");
    assertThat(add(permission("p2").principal("arn:aws:iam::111122223333:role/r")))
        .contains("\"Principal\":{\"AWS\":\"arn:aws:iam::111122223333:role/r\"}");
    assertThat(add(permission("p3").principal("*"))).contains("\"Principal\":\"*\"");
    for (String nobody :
        List.of("somebody", "999999999999", "arn:aws:iam::111122223333:user/nobody")) {
      assertThatThrownBy(() -> add(permission("p4").principal(nobody)))
          .hasMessageContaining("principal was invalid");
    }
    for (String id : new String[] {"p1", "p2", "p3"}) {
      remove(id);
    }
  }

  @Test
  void permissionDoesNotApplyToARecreatedRole() throws Exception {
    String role = "arn:aws:iam::111122223333:role/again";
    fixture.principals.idsByArn.put(role, "AROA2222222222222222A");
    assertThat(add(permission("first").principal(role))).contains("\"AWS\":\"" + role + "\"");
    assertThat(policy()).contains("\"AWS\":\"" + role + "\"");
    assertThat(find(ARN).orElseThrow().policy().orElseThrow())
        .contains("\"AWS\":\"AROA2222222222222222A\"");

    fixture.principals.idsByArn.put(role, "AROA2222222222222222B");
    add(permission("second").principal(role));
    assertThat(policy())
        .contains("\"AWS\":\"AROA2222222222222222A\"")
        .containsOnlyOnce("\"AWS\":\"" + role + "\"");
    remove("first");
    remove("second");
  }

  private static String policy() throws Exception {
    return fixture
        .call(GetPolicyRequest.builder().functionName("f").build(), GetPolicyResponse.class)
        .policy();
  }

  @Test
  void eachVersionHasItsOwnPolicyExceptLatest() throws Exception {
    assertThat(add(permission("v").qualifier("1"))).contains("function:f:1\"");
    assertThat(find(ARN).orElseThrow().policy()).isEmpty();
    Arn version = Arn.parse(ARN + ":1");
    assertThat(find(version).orElseThrow().policy()).isPresent();
    assertThat(find(Arn.parse(ARN + ":9"))).isEmpty();
    assertThatThrownBy(() -> add(permission("v").qualifier("$LATEST")))
        .hasMessage("We currently do not support adding policies for $LATEST.");
  }

  @Test
  void invalidPermissionsAreRefused() {
    assertThatThrownBy(() -> add(permission("no spaces"))).hasMessageContaining("statementId");
    assertThatThrownBy(() -> add(permission("x").action("s3:GetObject")))
        .hasMessageContaining("action");
    assertThatThrownBy(() -> add(permission("x").sourceAccount("1")))
        .hasMessageContaining("sourceAccount");
    assertThatThrownBy(() -> add(permission("x").sourceArn("bucket")))
        .hasMessageContaining("sourceArn");
    assertThatThrownBy(() -> add(permission("x").eventSourceToken("t")))
        .hasMessageContaining("EventSourceToken");
    assertThatThrownBy(() -> add(permission("x").functionName("g")))
        .hasMessageContaining("Function not found");
  }

  @Test
  void staleRevisionIdIsRefused() throws Exception {
    add(permission("r1"));
    GetPolicyResponse policy =
        fixture.call(GetPolicyRequest.builder().functionName("f").build(), GetPolicyResponse.class);
    add(permission("r2").revisionId(policy.revisionId()));
    assertThatThrownBy(() -> add(permission("r3").revisionId(policy.revisionId())))
        .hasMessageContaining("Revision Id");
    remove("r1");
    remove("r2");
    assertThatThrownBy(
            () ->
                fixture.call(
                    GetPolicyRequest.builder().functionName("f").build(), GetPolicyResponse.class))
        .hasMessage("The resource you requested does not exist.");
  }

  @Test
  void aPolicyHasASizeLimit() throws Exception {
    String arn = "arn:aws:s3:::" + "b".repeat(3000);
    int added = 0;
    try {
      for (int i = 0; i < 10; i++) {
        add(permission("big" + i).sourceArn(arn));
        added++;
      }
    } catch (io.carillon.aws.AwsException e) {
      assertThat(e.error().code()).isEqualTo("PolicyLengthExceededException");
    }
    assertThat(added).isBetween(5, 6);
    for (int i = 0; i < added; i++) {
      remove("big" + i);
    }
  }

  private Optional<Owned> find(Arn resource) {
    return fixture.database.read(
        s -> fixture.service.resourcePolicies().orElseThrow().find(s, resource));
  }
}
