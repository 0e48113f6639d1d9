package io.carillon.iam;

import io.carillon.policy.MalformedPolicyException;
import io.carillon.policy.PolicyDocument;
import io.carillon.policy.PolicyDocument.Flavour;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// Policy documents on their way in, out and into the engine.
final class PolicyDocuments {
  private static final int REMEMBERED = 2_000;

  /// @param pinned whom its ARNs mean, by unique id; those that are not in it mean whoever bears
  ///   the name
  private record Text(Flavour flavour, String json, Map<String, String> pinned) {}

  /// Forgotten all at once when full: documents are few, and parsing one takes microseconds.
  private final Map<Text, PolicyDocument> parsed = new ConcurrentHashMap<>();

  /// Checks a document that a request brings.
  ///
  /// @throws io.carillon.aws.AwsException ValidationError, MalformedPolicyDocument
  static String require(String member, @Nullable String json, Flavour flavour) {
    String document = IamConstraints.document(member, json);
    try {
      PolicyDocument unused = PolicyDocument.parse(document, flavour);
    } catch (MalformedPolicyException malformed) {
      throw IamError.MALFORMED_POLICY_DOCUMENT.because(malformed.getMessage());
    }
    return document;
  }

  /// A document that is in force. One that cannot be read denies all.
  PolicyDocument of(String json, Flavour flavour) {
    return of(json, flavour, Map.of());
  }

  /// As above, held to those whom it was written for.
  PolicyDocument of(String json, Flavour flavour, Map<String, String> pinned) {
    Text text = new Text(flavour, json, pinned);
    PolicyDocument known = parsed.get(text);
    if (known != null) {
      return known;
    }
    if (parsed.size() >= REMEMBERED) {
      parsed.clear();
    }
    PolicyDocument fresh;
    try {
      fresh = PolicyDocument.parse(json, flavour);
    } catch (MalformedPolicyException malformed) {
      fresh = PolicyDocument.unreadable(flavour);
    }
    PolicyDocument held = pinned.isEmpty() ? fresh : fresh.withPrincipals(pinned);
    parsed.put(text, held);
    return held;
  }

  /// A document's size as quotas count it: without white space.
  static int size(String json) {
    return (int) json.chars().filter(c -> !Character.isWhitespace(c)).count();
  }

  /// A document as IAM's answers carry it: percent-encoded by RFC 3986.
  static String encoded(String json) {
    return URLEncoder.encode(json, StandardCharsets.UTF_8).replace("+", "%20").replace("*", "%2A");
  }
}
