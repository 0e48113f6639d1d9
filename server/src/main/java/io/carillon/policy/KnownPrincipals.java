package io.carillon.policy;

import io.carillon.base.Arn;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/// Whom the policy of a resource may name: the accounts, users and roles that there are. `Server`
/// hands the one of `iam` to the services whose resources carry policies.
public interface KnownPrincipals {
  boolean hasAccount(String account);

  /// The unique id of the user or role that an ARN names.
  Optional<String> idOf(String arn);

  /// The ARN that the user or role with a unique id has now.
  Optional<String> arnOf(String id);

  /// The unique ids of the users and roles that a document names by ARN. Kept beside the document,
  /// they hold it to those it was written for: one that is deleted and made anew under its name is
  /// not meant, as on AWS.
  ///
  /// Sessions come and go, so only their account must exist.
  ///
  /// Source:
  /// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
  ///
  /// @return by ARN; for [PolicyDocument#withPrincipals]
  /// @throws MalformedPolicyException naming the first principal that there is not
  default Map<String, String> pin(PolicyDocument document) {
    for (String account : document.namedAccounts()) {
      if (!hasAccount(account)) {
        throw MalformedPolicyException.principal("AWS", account, "");
      }
    }
    Map<String, String> pinned = new HashMap<>();
    for (String identity : document.namedIdentities()) {
      Arn arn = Arn.tryParse(identity).orElse(null);
      boolean known;
      if (arn == null) {
        known = arnOf(identity).isPresent();
      } else if (arn.service().equals("sts")) {
        known = hasAccount(arn.account());
      } else if (arn.account().equals("cloudfront")) {
        known = true;
      } else {
        Optional<String> id = idOf(identity);
        id.ifPresent(unique -> pinned.put(identity, unique));
        known = id.isPresent();
      }
      if (!known) {
        throw MalformedPolicyException.principal("AWS", identity, "");
      }
    }
    return Map.copyOf(pinned);
  }

  /// A stored document as it is read back. AWS shows a user or role by the ARN that it has now, and
  /// one that is gone by its unique id; all the rest is as it was written.
  default String shown(String json, Map<String, String> pinned) {
    Map<String, String> now = new HashMap<>();
    pinned.forEach(
        (arn, id) -> {
          if (idOf(arn).filter(id::equals).isEmpty()) {
            now.put(arn, arnOf(id).orElse(id));
          }
        });
    return now.isEmpty() ? json : PrincipalParser.renamed(json, now);
  }

  /// As above for a document that is kept with unique ids in place of ARNs.
  default String shown(String json) {
    Map<String, String> now = new HashMap<>();
    for (String id :
        PolicyDocument.parse(json, PolicyDocument.Flavour.RESOURCE).namedIdentities()) {
      arnOf(id).ifPresent(arn -> now.put(id, arn));
    }
    return now.isEmpty() ? json : PrincipalParser.renamed(json, now);
  }
}
