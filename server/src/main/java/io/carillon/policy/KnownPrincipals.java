package io.carillon.policy;

import io.carillon.base.Arn;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/// The accounts, users and roles that exist, and so may be named by resource policies. Implemented
/// by `iam`; `Server` passes it to the services whose resources have policies.
public interface KnownPrincipals {
  boolean hasAccount(String account);

  /// The unique id of the user or role that an ARN names.
  Optional<String> idOf(String arn);

  /// The current ARN of the user or role with a unique id.
  Optional<String> arnOf(String id);

  /// The unique ids of the users and roles that a document names by ARN. They are stored with the
  /// document, so that it does not apply to a user or role that is deleted and recreated under the
  /// same name, as on AWS.
  ///
  /// Of a session, only the account must exist.
  ///
  /// Source:
  /// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
  ///
  /// @return by ARN; for [PolicyDocument#withPrincipals]
  /// @throws MalformedPolicyException naming the first principal that does not exist
  default Map<String, String> pin(PolicyDocument document) {
    for (String account : document.namedAccounts()) {
      if (!hasAccount(account)) {
        throw MalformedPolicyException.principal("AWS", account, "");
      }
    }
    Map<String, String> pinned = new HashMap<>();
    for (String identity : document.namedIdentities()) {
      Arn arn = Arn.tryParse(identity).orElse(null);
      boolean exists;
      if (arn == null) {
        exists = arnOf(identity).isPresent();
      } else if (arn.service().equals("sts")) {
        exists = hasAccount(arn.account());
      } else if (arn.account().equals("cloudfront")) {
        exists = true;
      } else {
        Optional<String> id = idOf(identity);
        id.ifPresent(unique -> pinned.put(identity, unique));
        exists = id.isPresent();
      }
      if (!exists) {
        throw MalformedPolicyException.principal("AWS", identity, "");
      }
    }
    return Map.copyOf(pinned);
  }

  /// The same for the policy of a service's resource, which is checked as
  /// [PolicyDocument#parseResourcePolicy] does.
  default Map<String, String> pin(
      String json, String service, Supplier<? extends RuntimeException> outOfScope) {
    return pin(PolicyDocument.parseResourcePolicy(json, service, outOfScope));
  }

  /// A stored document as returned to clients. As on AWS, a user or role appears with its current
  /// ARN, and a deleted one with its unique id; the rest is as written.
  default String shown(String json, Map<String, String> pinned) {
    Map<String, String> currentNames = new HashMap<>();
    pinned.forEach(
        (arn, id) -> {
          if (idOf(arn).filter(id::equals).isEmpty()) {
            currentNames.put(arn, arnOf(id).orElse(id));
          }
        });
    return currentNames.isEmpty() ? json : PrincipalParser.rename(json, currentNames);
  }

  /// As above, for a document that is stored with unique ids in place of ARNs.
  default String shown(String json) {
    Map<String, String> currentNames = new HashMap<>();
    for (String id :
        PolicyDocument.parse(json, PolicyDocument.Flavour.RESOURCE).namedIdentities()) {
      arnOf(id).ifPresent(arn -> currentNames.put(id, arn));
    }
    return currentNames.isEmpty() ? json : PrincipalParser.rename(json, currentNames);
  }
}
