package io.carillon.iam;

import io.carillon.aws.Caller;
import io.carillon.aws.Need;
import io.carillon.aws.Principal;
import io.carillon.policy.Context;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/// The condition keys of a request: AWS's global ones, and those of the need.
///
/// Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
///
/// @param tags the tags of the user or role, and of its session
/// @param resourceTags the tags of the resource
/// @param resourceAccount the owner of the resource; empty if unknown
/// @param issued when the session's credentials were issued; empty for long-term ones
record RequestContext(
    Caller caller,
    Need need,
    Map<String, String> tags,
    Supplier<Map<String, String>> resourceTags,
    String resourceAccount,
    Optional<Instant> issued)
    implements Context {
  private static final String PRINCIPAL_TAG = "aws:principaltag/";
  private static final List<String> RESOURCE_TAGS = List.of("aws:resourcetag/", "iam:resourcetag/");
  private static final List<String> OBJECT_TAGS = List.of("s3:existingobjecttag/");

  @Override
  public List<String> values(String key) {
    for (Map.Entry<String, List<String>> own : need.context().entrySet()) {
      if (own.getKey().equalsIgnoreCase(key)) {
        return own.getValue();
      }
    }
    if (key.startsWith(PRINCIPAL_TAG)) {
      return tag(tags, key.substring(PRINCIPAL_TAG.length()));
    }
    for (String prefix : need.action().startsWith("s3:") ? OBJECT_TAGS : RESOURCE_TAGS) {
      if (key.startsWith(prefix)) {
        return tag(resourceTags.get(), key.substring(prefix.length()));
      }
    }
    return switch (key) {
      case "aws:currenttime" -> one(caller.time().truncatedTo(ChronoUnit.SECONDS).toString());
      case "aws:epochtime" -> one(Long.toString(caller.time().getEpochSecond()));
      // Only temporary credentials have this key, and MFA is not supported here.
      case "aws:multifactorauthpresent" -> issued.isPresent() ? one("false") : List.of();
      case "aws:principalaccount" -> account(caller.principal());
      case "aws:principalarn" -> principalArn(caller.principal());
      case "aws:principalisawsservice" ->
          one(Boolean.toString(caller.principal() instanceof Principal.Service));
      case "aws:principalservicename" ->
          caller.principal() instanceof Principal.Service service ? one(service.name()) : List.of();
      case "aws:principaltype" -> one(type(caller.principal()));
      case "aws:requestedregion" -> one(caller.region().name());
      case "aws:resourceaccount", "s3:resourceaccount" -> oneUnlessEmpty(resourceAccount);
      case "aws:securetransport" -> one(Boolean.toString(caller.secureTransport()));
      case "aws:sourceip" -> oneUnlessEmpty(caller.sourceAddress());
      case "aws:tokenissuetime" ->
          issued.map(at -> one(at.truncatedTo(ChronoUnit.SECONDS).toString())).orElse(List.of());
      case "aws:useragent" -> oneUnlessEmpty(caller.userAgent());
      case "aws:userid" ->
          one(
              caller.principal() instanceof Principal.Anonymous
                  ? "anonymous"
                  : caller.principal().uniqueId());
      case "aws:username" ->
          caller.principal() instanceof Principal.User user ? one(user.name()) : List.of();
      case "aws:viaawsservice" -> one("false");
      case "lambda:sourcefunctionarn" -> oneUnlessEmpty(caller.session().function());
      case "s3:authtype" -> oneUnlessEmpty(caller.signing().means());
      case "s3:signatureage" -> signatureAge(caller);
      case "s3:signatureversion" -> oneUnlessEmpty(caller.signing().version());
      case "s3:x-amz-content-sha256" -> oneUnlessEmpty(caller.signing().contentSha256());
      default -> List.of();
    };
  }

  private static List<String> oneUnlessEmpty(String value) {
    return value.isEmpty() ? List.of() : one(value);
  }

  /// In milliseconds; Signature Version 2 has no time.
  private static List<String> signatureAge(Caller caller) {
    Instant signed = caller.signing().signed();
    return signed == null
        ? List.of()
        : one(Long.toString(Math.max(0, Duration.between(signed, caller.time()).toMillis())));
  }

  private static List<String> tag(Map<String, String> tags, String name) {
    return tags.entrySet().stream()
        .filter(tag -> tag.getKey().equalsIgnoreCase(name))
        .map(Map.Entry::getValue)
        .toList();
  }

  private static List<String> one(String value) {
    return List.of(value);
  }

  /// For a session, the ARN of its role.
  private static List<String> principalArn(Principal principal) {
    return switch (principal) {
      case Principal.AssumedRole session -> one(session.roleArn());
      case Principal.Root root -> one(root.arn());
      case Principal.User user -> one(user.arn());
      case Principal.Service _, Principal.Anonymous _ -> List.of();
    };
  }

  private static List<String> account(Principal principal) {
    return switch (principal) {
      case Principal.AssumedRole session -> one(session.account().value());
      case Principal.Root root -> one(root.account().value());
      case Principal.User user -> one(user.account().value());
      case Principal.Service _, Principal.Anonymous _ -> List.of();
    };
  }

  private static String type(Principal principal) {
    return switch (principal) {
      case Principal.AssumedRole _ -> "AssumedRole";
      case Principal.Root _ -> "Account";
      case Principal.User _ -> "User";
      case Principal.Service _ -> "Service";
      case Principal.Anonymous _ -> "Anonymous";
    };
  }
}
