package io.carillon.policy;

import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/// The statements of a bucket policy that S3 considers public: those that allow something and are
/// not limited to fixed values, neither by their principals nor by a condition that every request
/// has to meet. A value with wildcards or variables is not fixed, however little it matches.
///
/// Source:
/// https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html,
/// "The meaning of public"
final class PublicGrants {
  /// The condition keys that identify the requester or the origin of a request.
  private static final Set<String> LIMITING_KEYS =
      Set.of(
          "aws:principalaccount",
          "aws:principalarn",
          "aws:principalorgid",
          "aws:principalorgpaths",
          "aws:principalservicename",
          "aws:sourceaccount",
          "aws:sourcearn",
          "aws:sourceowner",
          "aws:sourcevpc",
          "aws:sourcevpce",
          "aws:userid",
          "s3:dataaccesspointaccount",
          "s3:dataaccesspointarn");

  private static final Set<Operator> LIMITING_OPERATORS =
      Set.of(
          Operator.STRING_EQUALS,
          Operator.STRING_EQUALS_IGNORE_CASE,
          Operator.STRING_LIKE,
          Operator.ARN_EQUALS,
          Operator.ARN_LIKE);

  /// The name of an access point may be anything, as long as its account is fixed.
  private static final Pattern ACCESS_POINTS = Pattern.compile("arn:[^:]+:s3:[^:]*:[0-9]{12}:.*");

  private static final int MIN_PREFIX_IPV4 = 8;
  private static final int MIN_PREFIX_IPV6 = 32;

  private PublicGrants() {}

  static boolean isPublic(Statement statement) {
    Principals principals = statement.principals();
    return statement.allows()
        && principals != null
        && !principals.isFixed()
        && statement.conditions().stream().noneMatch(PublicGrants::isLimiting);
  }

  private static boolean isLimiting(Condition condition) {
    // A condition that holds for requests without the key limits nobody.
    if (condition.ifExists()
        || condition.quantifier() == Condition.Quantifier.FOR_ALL_VALUES
        || condition.values().isEmpty()) {
      return false;
    }
    if (condition.key().equals("aws:sourceip")) {
      return condition.operator() == Operator.IP_ADDRESS
          && condition.values().stream().allMatch(PublicGrants::isNarrow);
    }
    return LIMITING_OPERATORS.contains(condition.operator())
        && LIMITING_KEYS.contains(condition.key())
        && isFixed(condition.key(), condition.values());
  }

  private static boolean isFixed(String key, List<String> values) {
    return values.stream()
        .allMatch(
            value ->
                key.equals("s3:dataaccesspointarn")
                    ? ACCESS_POINTS.matcher(value).matches() && !value.contains("${")
                    : value.chars().noneMatch(c -> c == '*' || c == '?') && !value.contains("${"));
  }

  private static boolean isNarrow(String range) {
    Network network = Network.parse(range);
    return network.bits() >= (network.address().length == 4 ? MIN_PREFIX_IPV4 : MIN_PREFIX_IPV6);
  }
}
