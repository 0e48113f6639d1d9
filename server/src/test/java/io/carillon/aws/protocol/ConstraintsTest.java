package io.carillon.aws.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.aws.MissingMembers;
import io.carillon.aws.Specs;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.core.SdkPojo;
import software.amazon.awssdk.services.lambda.model.CreateFunctionRequest;
import software.amazon.awssdk.services.lambda.model.GetFunctionRequest;
import software.amazon.awssdk.services.lambda.model.PutFunctionEventInvokeConfigRequest;

/// Values are validated against the model, and all violations are reported together, with their
/// number, as AWS does. Sources: https://docs.aws.amazon.com/lambda/latest/api/API_GetFunction.html
/// for the patterns, and responses recorded from AWS (`test_lambda_api.snapshot.json` of
/// localstack/localstack) for the messages.
class ConstraintsTest {
  private static final String NAME =
      "(arn:(aws[a-zA-Z-]*)?:lambda:)?((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:)?"
          + "(\\d{12}:)?(function:)?([a-zA-Z0-9-_\\.]+)(:(\\$LATEST(\\.PUBLISHED)?|[a-zA-Z0-9-_]+))?";
  private static final String QUALIFIER = "\\$(LATEST(\\.PUBLISHED)?)|[a-zA-Z0-9-_$]+";
  private static final String PATTERN = "Member must satisfy regular expression pattern: ";

  private final MemberValidation validation =
      new MemberValidation(
          new Shapes(RequiredMembers.of(Specs.of("lambda"))),
          MissingMembers.LISTED,
          Constraints.of(Specs.of("lambda")));

  private void isRefused(SdkPojo request, String message) {
    assertThatThrownBy(() -> validation.validate(request)).hasMessage(message);
  }

  private static String at(String value, String member, String constraint) {
    return "Value '%s' at '%s' failed to satisfy constraint: %s"
        .formatted(value, member, constraint);
  }

  private static GetFunctionRequest get(String name, @Nullable String qualifier) {
    return GetFunctionRequest.builder().functionName(name).qualifier(qualifier).build();
  }

  @Test
  void badNameAndBadQualifierAreTwoErrors() {
    isRefused(
        get("no such name", null),
        "1 validation error detected: " + at("no such name", "functionName", PATTERN + NAME));
    isRefused(
        get("no such name", "not/one"),
        "2 validation errors detected: "
            + at("no such name", "functionName", PATTERN + NAME)
            + "; "
            + at("not/one", "qualifier", PATTERN + QUALIFIER));
  }

  @Test
  void lengthIsReportedBesideThePattern() {
    String name = "!".repeat(257);
    isRefused(
        get(name, null),
        "2 validation errors detected: "
            + at(name, "functionName", PATTERN + NAME)
            + "; "
            + at(name, "functionName", "Member must have length less than or equal to 256"));
    String qualifier = "q".repeat(129);
    isRefused(
        get("f", qualifier),
        "1 validation error detected: "
            + at(qualifier, "qualifier", "Member must have length less than or equal to 128"));
  }

  @Test
  void valuesThatAwsAcceptsAreAccepted() {
    for (String name :
        new String[] {
          "f",
          "a.b",
          "f:$LATEST.PUBLISHED",
          "arn:aws-eusc:lambda:eusc-de-east-1:123456789012:function:f",
          "arn:aws:lambda:us-gov-west-1:123456789012:function:f:live",
          "123456789012:function:f"
        }) {
      assertThatCode(() -> validation.validate(get(name, "$LATEST.PUBLISHED")))
          .as(name)
          .doesNotThrowAnyException();
    }
  }

  @Test
  void missingAndInvalidMembersAreCountedTogetherAtAnyDepth() {
    assertThatThrownBy(
            () ->
                validation.validate(
                    CreateFunctionRequest.builder()
                        .functionName("f")
                        .handler("h h")
                        .memorySize(1)
                        .ephemeralStorage(e -> e.size(20_000))
                        .code(c -> c.s3Bucket("b"))
                        .build()))
        .hasMessageStartingWith("5 validation errors detected: ")
        .hasMessageContaining(at("h h", "handler", PATTERN + "[^\\s]+"))
        .hasMessageContaining(
            at("1", "memorySize", "Member must have value greater than or equal to 128"))
        .hasMessageContaining(
            at(
                "20000",
                "ephemeralStorage.size",
                "Member must have value less than or equal to 10240"))
        .hasMessageContaining(
            at("b", "code.s3Bucket", "Member must have length greater than or equal to 3"))
        .hasMessageContaining(
            "Value null at 'role' failed to satisfy constraint: Member must not be null");
    isRefused(
        PutFunctionEventInvokeConfigRequest.builder()
            .functionName("f")
            .maximumRetryAttempts(3)
            .maximumEventAgeInSeconds(1)
            .build(),
        "2 validation errors detected: "
            + at("3", "maximumRetryAttempts", "Member must have value less than or equal to 2")
            + "; "
            + at(
                "1",
                "maximumEventAgeInSeconds",
                "Member must have value greater than or equal to 60"));
  }

  @Test
  void secretsAreNotRepeated() {
    assertThatThrownBy(
            () ->
                validation.validate(
                    CreateFunctionRequest.builder()
                        .functionName("f")
                        .role("arn:aws:iam::123456789012:role/r")
                        .code(c -> {})
                        .environment(e -> e.variables(Map.of("A", "secret")))
                        .build()))
        .hasMessage(
            "1 validation error detected: Value at 'environment.variables' failed to satisfy"
                + " constraint: Map keys must satisfy constraint: [Member must satisfy regular"
                + " expression pattern: [a-zA-Z]([a-zA-Z0-9_])+, Member must not be null]");
    assertThat(Constraints.of(Specs.of("lambda")).hasRules("GetFunctionRequest")).isTrue();
  }
}
