package io.carillon.iam;

import io.carillon.aws.Caller;
import io.carillon.aws.ConditionKeys;
import io.carillon.aws.Need;
import io.carillon.aws.Principal;
import io.carillon.base.Arn;
import io.carillon.policy.Context;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/// The condition keys of a request: those of the need, AWS's global ones, and those that the
/// services add.
///
/// Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
///
/// @param tags the tags of the user or role, and of its session
/// @param resourceTags the tags of the resource
/// @param resourceAccount the owner of the resource; empty if unknown
/// @param issued when the session's credentials were issued; empty for long-term ones
/// @param serviceKeys the condition keys of a service, by its name
record RequestContext(
    Caller caller,
    Need need,
    Map<String, String> tags,
    Supplier<Map<String, String>> resourceTags,
    String resourceAccount,
    Optional<Instant> issued,
    Function<String, ConditionKeys> serviceKeys)
    implements Context {
  private static final String PRINCIPAL_TAG = "aws:principaltag/";
  private static final String RESOURCE_TAG = "aws:resourcetag/";

  @Override
  public List<String> values(String key) {
    for (Map.Entry<String, List<String>> own : need.context().entrySet()) {
      if (own.getKey().equalsIgnoreCase(key)) {
        return own.getValue();
      }
    }
    String service = key.substring(0, Math.max(0, key.indexOf(':')));
    return service.equals("aws") ? global(key) : ofService(service, key);
  }

  private List<String> ofService(String service, String key) {
    ConditionKeys keys = serviceKeys.apply(service);
    if (keys.isResourceTag(key)) {
      return resourceService().equals(service)
          ? tag(resourceTags.get(), key.substring(keys.resourceTags().length()))
          : List.of();
    }
    return keys.values(key, caller, resourceAccount);
  }

  private String resourceService() {
    return Arn.tryParse(need.resource()).map(Arn::service).orElse("");
  }

  private List<String> global(String key) {
    if (key.startsWith(PRINCIPAL_TAG)) {
      return tag(tags, key.substring(PRINCIPAL_TAG.length()));
    }
    if (key.startsWith(RESOURCE_TAG)) {
      return serviceKeys.apply(resourceService()).hasGlobalResourceTags()
          ? tag(resourceTags.get(), key.substring(RESOURCE_TAG.length()))
          : List.of();
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
      case "aws:resourceaccount" -> oneUnlessEmpty(resourceAccount);
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
      default -> List.of();
    };
  }

  private static List<String> oneUnlessEmpty(String value) {
    return value.isEmpty() ? List.of() : one(value);
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
