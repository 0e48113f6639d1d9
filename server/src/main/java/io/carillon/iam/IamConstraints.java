package io.carillon.iam;

import io.carillon.aws.AwsException;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// AWS's validation of request members, with AWS's messages.
final class IamConstraints {
  private static final Pattern NAME = Pattern.compile("[\\w+=,.@-]+");
  private static final Pattern PATH = Pattern.compile("/|/[\\x21-\\x7E]+/");
  private static final Pattern PATH_PREFIX = Pattern.compile("/[\\x21-\\x7F]*");
  private static final Pattern DOCUMENT =
      Pattern.compile("[\\x09\\x0A\\x0D\\x20-\\xFF]+", Pattern.DOTALL);
  private static final Pattern DESCRIPTION =
      Pattern.compile("[\\x09\\x0A\\x0D\\x20-\\x7E\\xA1-\\xFF]*");
  private static final int PATH_LIMIT = 512;
  private static final int DOCUMENT_LIMIT = 131_072;

  private IamConstraints() {}

  static String name(IdentityType kind, @Nullable String value) {
    return name(kind.nameMember(), value, kind.nameLimit());
  }

  static String policyName(@Nullable String value) {
    return name("policyName", value, 128);
  }

  static String name(String member, @Nullable String value, int limit) {
    String name = length(member, value, 1, limit);
    if (!NAME.matcher(name).matches()) {
      throw IamError.VALIDATION.because(
          "The specified value for "
              + member
              + " is invalid. It must contain only alphanumeric characters and/or the following:"
              + " +=,.@_-");
    }
    return name;
  }

  /// @return the path, `/` if none is given
  static String path(@Nullable String value) {
    if (value == null) {
      return "/";
    }
    length("path", value, 1, PATH_LIMIT);
    if (!PATH.matcher(value).matches()) {
      throw IamError.VALIDATION.because(
          "The specified value for path is invalid. It must begin and end with / and contain only"
              + " alphanumeric characters and/or / characters.");
    }
    return value;
  }

  static String pathPrefix(@Nullable String value) {
    if (value == null) {
      return "/";
    }
    length("pathPrefix", value, 1, PATH_LIMIT);
    if (!PATH_PREFIX.matcher(value).matches()) {
      throw IamError.VALIDATION.because(
          "The specified value for pathPrefix is invalid. It must begin with / and contain only"
              + " alphanumeric characters and/or / characters.");
    }
    return value;
  }

  static String document(String member, @Nullable String value) {
    String document = length(member, value, 1, DOCUMENT_LIMIT);
    if (!DOCUMENT.matcher(document).matches()) {
      throw IamError.VALIDATION.because(
          "The specified value for "
              + member
              + " is invalid. It must contain only printable ASCII and Latin-1 characters, tabs,"
              + " line feeds and carriage returns.");
    }
    return document;
  }

  /// @return the description, empty if none is given
  static String description(@Nullable String value) {
    if (value == null) {
      return "";
    }
    length("description", value, 0, 1_000);
    if (!DESCRIPTION.matcher(value).matches()) {
      throw unsatisfied(
          "description",
          value,
          "Member must satisfy regular expression pattern: "
              + "[\\u0009\\u000A\\u000D\\u0020-\\u007E\\u00A1-\\u00FF]*");
    }
    return value;
  }

  static int range(String member, int value, int min, int max) {
    if (value < min) {
      throw unsatisfied(
          member,
          Integer.toString(value),
          "Member must have value greater than or equal to " + min);
    }
    if (value > max) {
      throw unsatisfied(
          member, Integer.toString(value), "Member must have value less than or equal to " + max);
    }
    return value;
  }

  static String length(String member, @Nullable String value, int min, int max) {
    if (value == null) {
      throw IamError.VALIDATION.because(
          "1 validation error detected: Value null at '"
              + member
              + "' failed to satisfy constraint: Member must not be null");
    }
    if (value.length() < min) {
      throw unsatisfied(member, value, "Member must have length greater than or equal to " + min);
    }
    if (value.length() > max) {
      throw unsatisfied(member, value, "Member must have length less than or equal to " + max);
    }
    return value;
  }

  /// A value of an SDK enumeration; SDK classes have null or `unknown` for other values.
  static <E extends Enum<E>> E oneOf(
      String member, @Nullable String text, @Nullable E value, E unknown, String choices) {
    if (text == null || value == null || value == unknown) {
      throw unsatisfied(
          member, String.valueOf(text), "Member must satisfy enum value set: [" + choices + "]");
    }
    return value;
  }

  static AwsException unsatisfied(String member, String value, String constraint) {
    return IamError.VALIDATION.because(
        "1 validation error detected: Value '"
            + value
            + "' at '"
            + member
            + "' failed to satisfy constraint: "
            + constraint);
  }
}
