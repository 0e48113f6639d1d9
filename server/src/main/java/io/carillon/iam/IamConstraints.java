package io.carillon.iam;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// AWS's validation of names, paths and documents, with AWS's messages.
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

  static String policyArn(@Nullable String value) {
    return IamError.MEMBERS.length("policyArn", value, 20, 2_048);
  }

  static String policyName(@Nullable String value) {
    return name("policyName", value, 128);
  }

  static String name(String member, @Nullable String value, int limit) {
    String name = IamError.MEMBERS.length(member, value, 1, limit);
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
    IamError.MEMBERS.length("path", value, 1, PATH_LIMIT);
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
    IamError.MEMBERS.length("pathPrefix", value, 1, PATH_LIMIT);
    if (!PATH_PREFIX.matcher(value).matches()) {
      throw IamError.VALIDATION.because(
          "The specified value for pathPrefix is invalid. It must begin with / and contain only"
              + " alphanumeric characters and/or / characters.");
    }
    return value;
  }

  static String document(String member, @Nullable String value) {
    String document = IamError.MEMBERS.length(member, value, 1, DOCUMENT_LIMIT);
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
    IamError.MEMBERS.length("description", value, 0, 1_000);
    if (!DESCRIPTION.matcher(value).matches()) {
      throw IamError.MEMBERS.unsatisfied(
          "description",
          value,
          "Member must satisfy regular expression pattern: "
              + "[\\u0009\\u000A\\u000D\\u0020-\\u007E\\u00A1-\\u00FF]*");
    }
    return value;
  }
}
