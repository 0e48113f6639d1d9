package io.carillon.lambda;

import io.carillon.aws.AwsException;
import io.carillon.aws.Caller;
import io.carillon.base.AccountId;
import io.carillon.base.Arn;
import io.carillon.base.Region;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Which function a request means: by name, by partial ARN (`123456789012:function:thumbnail`) or
/// by ARN, each with a qualifier or without.
///
/// @param qualifier a version, an alias or `$LATEST`; empty where none was said
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

  /// The function that `text` and `qualifier` name, as the current caller says it.
  static FunctionName of(String text, @Nullable String qualifier) {
    return of(Caller.current(), text, qualifier);
  }

  /// The function that is to be made. A name that is too long is an argument here, in the words of
  /// a violated constraint.
  ///
  /// Recorded: test_function_arns (long_function_name_exc) in `test_lambda_api.snapshot.json` of
  /// localstack/localstack
  static FunctionName ofNew(Caller caller, String text) {
    if (text.length() > NAME_LIMIT && NAME.matcher(text).matches()) {
      throw LambdaError.INVALID_PARAMETER_VALUE.because(tooLong(text).getMessage());
    }
    return of(caller, text, null);
  }

  private static AwsException tooLong(String text) {
    return LambdaError.constraint(
        text, "functionName", "Member must have length less than or equal to " + NAME_LIMIT);
  }

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
      throw tooLong(text);
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
        oneQualifier(part.group("qualifier"), qualifier));
  }

  /// A qualifier may stand in the name and beside it, if both are the same.
  private static Optional<String> oneQualifier(@Nullable String inside, @Nullable String beside) {
    if (beside == null || beside.isEmpty()) {
      return Optional.ofNullable(inside);
    }
    if (!QUALIFIER.matcher(beside).matches()) {
      throw LambdaError.constraint(
          beside,
          "qualifier",
          "Member must satisfy regular expression pattern:"
              + " \\$(LATEST(\\.PUBLISHED)?)|[a-zA-Z0-9-_$]+");
    }
    if (inside != null && !inside.equals(beside)) {
      throw LambdaError.INVALID_PARAMETER_VALUE.because(
          "The derived qualifier from the function name does not match the specified qualifier.");
    }
    return Optional.of(beside);
  }

  /// The function that an ARN names; empty if it names none.
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

  /// Refuses a qualifier where the whole function is meant.
  FunctionName unqualified() {
    if (qualifier.isPresent() && !qualifier.get().equals(LATEST)) {
      throw LambdaError.INVALID_PARAMETER_VALUE.because(
          "This operation does not take a version or an alias: " + qualifiedArn());
    }
    return new FunctionName(account, region, name, Optional.empty());
  }

  /// The function's ARN, whatever the qualifier.
  Arn arn() {
    return Arn.of("lambda", new Region(region), new AccountId(account), "function:" + name);
  }

  /// The ARN with the qualifier, if there is one.
  Arn qualifiedArn() {
    Arn arn = arn();
    return qualifier.map(q -> arn.withResource(arn.resource() + ":" + q)).orElse(arn);
  }
}
