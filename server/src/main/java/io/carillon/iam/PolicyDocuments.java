package io.carillon.iam;

import io.carillon.policy.MalformedPolicyException;
import io.carillon.policy.PolicyDocument;
import io.carillon.policy.PolicyDocument.Flavour;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// Validates, caches and encodes policy documents.
final class PolicyDocuments {
  private static final int CACHE_LIMIT = 2_000;

  /// @param pinned unique ids of the principals that it names, by ARN; other ARNs match by name
  private record CacheKey(Flavour flavour, String json, Map<String, String> pinned) {}

  /// Cleared when full: documents are few, and parsing one takes microseconds.
  private final Map<CacheKey, PolicyDocument> cache = new ConcurrentHashMap<>();

  /// Validates the document of a request.
  ///
  /// @throws io.carillon.aws.AwsException ValidationError, MalformedPolicyDocument
  static String require(String member, @Nullable String json, Flavour flavour) {
    String document = IamConstraints.document(member, json);
    try {
      var _ = PolicyDocument.parse(document, flavour);
    } catch (MalformedPolicyException malformed) {
      throw IamError.MALFORMED_POLICY_DOCUMENT.because(malformed.getMessage());
    }
    return document;
  }

  /// A stored document, parsed. One that does not parse denies everything.
  PolicyDocument of(String json, Flavour flavour) {
    return of(json, flavour, Map.of());
  }

  /// As above, with its principals replaced by their unique ids.
  PolicyDocument of(String json, Flavour flavour, Map<String, String> pinned) {
    CacheKey key = new CacheKey(flavour, json, pinned);
    PolicyDocument cached = cache.get(key);
    if (cached != null) {
      return cached;
    }
    if (cache.size() >= CACHE_LIMIT) {
      cache.clear();
    }
    PolicyDocument document;
    try {
      document = PolicyDocument.parse(json, flavour);
    } catch (MalformedPolicyException malformed) {
      document = PolicyDocument.unreadable(flavour);
    }
    PolicyDocument result = pinned.isEmpty() ? document : document.withPrincipals(pinned);
    cache.put(key, result);
    return result;
  }

  /// The size of a document for quotas, which do not count white space.
  static int size(String json) {
    return (int) json.chars().filter(c -> !Character.isWhitespace(c)).count();
  }

  /// A document in responses of IAM: percent-encoded by RFC 3986.
  static String encoded(String json) {
    return URLEncoder.encode(json, StandardCharsets.UTF_8).replace("+", "%20").replace("*", "%2A");
  }
}
