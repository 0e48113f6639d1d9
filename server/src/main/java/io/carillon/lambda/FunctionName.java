package io.carillon.lambda;

import io.carillon.aws.AwsException;
import io.carillon.aws.Caller;
import io.carillon.aws.MemberConstraints;
import io.carillon.base.AccountId;
import io.carillon.base.Arn;
import io.carillon.base.Region;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The function that a request names: by name, by partial ARN (`123456789012:function:thumbnail`)
/// or by ARN, each with or without a qualifier.
///
/// @param qualifier a version, an alias or `$LATEST`; empty if none was given
record FunctionName(String account, String region, String name, Optional<String> qualifier) {
  static final String LATEST = "$LATEST";

  private static final int NAME_LIMIT = 64;
  private static final int TEXT_LIMIT = 256;
  private static final Pattern GRAMMAR =
      Pattern.compile(
          "(?:arn:aws[a-zA-Z-]*:lambda:)?(?:(?<region>[a-z]{2,}(?:-[a-z]+)+-[0-9]{1,2}):)?"
              + "(?:(?<account>[0-9]{12}):)?(?:function:)?(?<name>[a-zA-Z0-9_.-]+)"
              + "(?::(?<qualifier>\\$LATEST(?:\\.PUBLISHED)?|[a-zA-Z0-9_-]+))?");
  private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9_-]+");
  private static final Pattern QUALIFIER =
      Pattern.compile("\\$LATEST(\\.PUBLISHED)?|[a-zA-Z0-9_$-]{1,128}");

  /// The name of a function to create. Here AWS reports a too long name as an invalid parameter,
  /// with the message of a constraint violation.
  ///
  /// Recorded: test_function_arns (long_function_name_exc) in `test_lambda_api.snapshot.json` of
  /// localstack/localstack
  static FunctionName ofNew(Caller caller, String text) {
    if (text.length() > NAME_LIMIT && NAME.matcher(text).matches()) {
      throw tooLong(text, LambdaError.INVALID_PARAMETER_VALUE);
    }
    return of(caller, text, null);
  }

  private static AwsException tooLong(String text, LambdaError error) {
    return new MemberConstraints(error)
        .unsatisfied(
            "functionName", text, "Member must have length less than or equal to " + NAME_LIMIT);
  }

  /// The function that `text` and `qualifier` name, by default in the caller's account.
  static FunctionName of(Caller caller, String text, @Nullable String qualifier) {
    Matcher part = GRAMMAR.matcher(text);
    if (text.length() > TEXT_LIMIT || !part.matches()) {
      throw LambdaError.constraint(
          text,
          "functionName",
          "Member must satisfy regular expression pattern: (arn:(aws[a-zA-Z-]*)?:lambda:)?"
              + "((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:)?(\\d{12}:)?(function:)?"
              + "([a-zA-Z0-9-_\\.]+)(:(\\$LATEST(\\.PUBLISHED)?|[a-zA-Z0-9-_]+))?");
    }
    if (part.group("name").length() > NAME_LIMIT) {
      throw tooLong(text, LambdaError.VALIDATION);
    }
    String region = part.group("region");
    if (region != null && !region.equals(caller.region().name())) {
      throw LambdaError.RESOURCE_NOT_FOUND.because(
          "Functions from '%s' are not reachable in this region ('%s')"
              .formatted(region, caller.region()));
    }
    String account = part.group("account");
    return new FunctionName(
        account == null ? caller.account().value() : account,
        caller.region().name(),
        part.group("name"),
        mergeQualifiers(part.group("qualifier"), qualifier));
  }

  /// A request may give the qualifier both in the name and as a member, if they are equal.
  private static Optional<String> mergeQualifiers(
      @Nullable String fromName, @Nullable String fromMember) {
    if (fromMember == null || fromMember.isEmpty()) {
      return Optional.ofNullable(fromName);
    }
    if (!QUALIFIER.matcher(fromMember).matches()) {
      throw LambdaError.constraint(
          fromMember,
          "qualifier",
          "Member must satisfy regular expression pattern:"
              + " \\$(LATEST(\\.PUBLISHED)?)|[a-zA-Z0-9-_$]+");
    }
    if (fromName != null && !fromName.equals(fromMember)) {
      throw LambdaError.INVALID_PARAMETER_VALUE.because(
          "The derived qualifier from the function name does not match the specified qualifier.");
    }
    return Optional.of(fromMember);
  }

  /// Parses a function ARN; empty if it is another kind of ARN.
  static Optional<FunctionName> of(Arn arn) {
    String[] part = arn.resource().split(":", 3);
    if (!arn.service().equals("lambda") || part.length < 2 || !part[0].equals("function")) {
      return Optional.empty();
    }
    return Optional.of(
        new FunctionName(
            arn.account(),
            arn.region(),
            part[1],
            part.length == 3 ? Optional.of(part[2]) : Optional.empty()));
  }

  FunctionName withQualifier(String other) {
    return new FunctionName(account, region, name, Optional.of(other));
  }

  /// Refuses a qualifier, for operations on the whole function.
  FunctionName unqualified() {
    if (qualifier.isPresent() && !qualifier.get().equals(LATEST)) {
      throw LambdaError.INVALID_PARAMETER_VALUE.because(
          "This operation does not take a version or an alias: " + qualifiedArn());
    }
    return new FunctionName(account, region, name, Optional.empty());
  }

  /// The function's ARN, without the qualifier.
  Arn arn() {
    return Arn.of("lambda", new Region(region), new AccountId(account), "function:" + name);
  }

  /// The ARN with the qualifier, if there is one.
  Arn qualifiedArn() {
    Arn arn = arn();
    return qualifier.map(q -> arn.withResource(arn.resource() + ":" + q)).orElse(arn);
  }
}
