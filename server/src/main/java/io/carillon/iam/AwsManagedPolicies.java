package io.carillon.iam;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.carillon.base.Lazy;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// The policies under `arn:aws:iam::aws:policy/` that this domain's scripts attach. Their documents
/// have the effect of AWS's own for the services that Carillon speaks; those that span all of AWS
/// (`ReadOnlyAccess`, `PowerUserAccess`) leave out the services it does not.
///
/// Source: https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html
final class AwsManagedPolicies {
  private static final String RESOURCE = "aws-managed-policies.json";
  private static final String BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

  /// Read when first asked for: a start need not wait for it.
  private final Lazy<Map<String, ManagedPolicy>> byArn = new Lazy<>(AwsManagedPolicies::policies);

  Optional<ManagedPolicy> find(String arn) {
    return Optional.ofNullable(byArn.get().get(arn));
  }

  List<ManagedPolicy> all() {
    return List.copyOf(byArn.get().values());
  }

  private static Map<String, ManagedPolicy> policies() {
    Map<String, ManagedPolicy> byArn = new TreeMap<>();
    for (JsonNode node : read()) {
      ManagedPolicy policy = policy(node);
      byArn.put(policy.arn(), policy);
    }
    return byArn;
  }

  private static JsonNode read() {
    try (InputStream in = AwsManagedPolicies.class.getResourceAsStream(RESOURCE)) {
      if (in == null) {
        throw new IllegalStateException(RESOURCE + " is missing from the class path");
      }
      return new ObjectMapper().readTree(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static ManagedPolicy policy(JsonNode node) {
    String name = node.get("name").asText();
    String version = node.get("version").asText();
    Instant created = Instant.parse(node.get("created").asText());
    Instant edited = Instant.parse(node.get("edited").asText());
    return new ManagedPolicy(
        ManagedPolicy.OF_AWS,
        node.get("path").asText(),
        name,
        id(name),
        node.get("description").asText(),
        created,
        edited,
        version,
        1,
        List.of(new ManagedPolicy.Version(version, node.get("document").toPrettyString(), edited)),
        Map.of());
  }

  /// Made from the name, so that it is the same in every installation.
  private static String id(String name) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(name.getBytes(StandardCharsets.UTF_8));
      StringBuilder id = new StringBuilder("ANPA");
      for (int i = 0; i < 17; i++) {
        id.append(BASE32.charAt(hash[i] & 31));
      }
      return id.toString();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
