package io.carillon.iam;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.carillon.policy.MalformedPolicyException;
import io.carillon.policy.PolicyDocument;
import io.carillon.policy.PolicyDocument.Flavour;
import io.carillon.policy.PolicyJson;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The text of one managed policy of AWS: a policy document, or the output of `aws iam
/// get-policy-version`, which may also contain the output of `aws iam get-policy` and a `Source`.
///
/// @param where the file's name in messages
/// @param path such as `/service-role/`
/// @param written the creation time of a policy whose file does not contain one
public record ManagedPolicyFile(
    String where, String path, String name, Instant written, String text) {
  private static final Pattern VERSION_ID = Pattern.compile("v[1-9][0-9]{0,8}");
  private static final Set<String> MEMBERS = Set.of("Policy", "PolicyVersion", "Source");
  private static final String BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

  String arn() {
    return arn(path, name);
  }

  static String arn(String path, String name) {
    return "arn:aws:iam::" + ManagedPolicy.OF_AWS + ":policy" + path + name;
  }

  /// The policy of a file of the operator, with its document validated.
  ///
  /// @throws UnusableManagedPolicyException with the error
  ManagedPolicy checked() {
    ManagedPolicy policy = read();
    try {
      var _ = PolicyDocument.parse(policy.document(), Flavour.IDENTITY);
      return policy;
    } catch (MalformedPolicyException malformed) {
      throw unusable("its policy document is refused: " + malformed.getMessage());
    }
  }

  /// The policy of a built-in file, whose document is known to be valid.
  ///
  /// @throws UnusableManagedPolicyException with the error
  ManagedPolicy read() {
    JsonNode root = parse();
    if (root.has("Statement")) {
      return policy(root, "v1", written, written, "");
    }
    root.fieldNames()
        .forEachRemaining(
            member -> {
              if (!MEMBERS.contains(member)) {
                throw unusable("it has a member " + member);
              }
            });
    JsonNode version = root.path("PolicyVersion");
    JsonNode document = version.path("Document");
    if (!document.isObject()) {
      throw unusable("it has no policy document (a JSON object PolicyVersion.Document)");
    }
    String id = version.path("VersionId").asText();
    if (!VERSION_ID.matcher(id).matches()) {
      throw unusable("its PolicyVersion.VersionId is not one such as v3");
    }
    JsonNode about = root.path("Policy");
    String arn = about.path("Arn").asText(arn());
    if (!arn.equals(arn())) {
      throw unusable("its ARN is " + arn + ", but the name of the file means " + arn());
    }
    Instant edited = time(version.get("CreateDate"), written);
    return policy(
        document,
        id,
        time(about.get("CreateDate"), edited),
        time(about.get("UpdateDate"), edited),
        about.path("Description").asText());
  }

  private JsonNode parse() {
    JsonNode root;
    try {
      root = PolicyJson.read(text);
    } catch (JsonProcessingException e) {
      throw unusable(
          "it is not JSON"
              + (e.getLocation() == null
                  ? ""
                  : ": look at line "
                      + e.getLocation().getLineNr()
                      + ", column "
                      + e.getLocation().getColumnNr()));
    }
    if (!root.isObject()) {
      throw unusable("it is not a JSON object");
    }
    return root;
  }

  private ManagedPolicy policy(
      JsonNode document, String version, Instant created, Instant edited, String description) {
    return new ManagedPolicy(
        ManagedPolicy.OF_AWS,
        path,
        name,
        id(name),
        description,
        created,
        edited,
        version,
        1,
        List.of(new ManagedPolicy.Version(version, document.toPrettyString(), edited)),
        Map.of());
  }

  private Instant time(@Nullable JsonNode node, Instant fallback) {
    if (node == null) {
      return fallback;
    }
    try {
      return OffsetDateTime.parse(node.asText()).toInstant();
    } catch (DateTimeParseException e) {
      throw unusable(node + " is not a time such as \"2015-02-06T18:40:46+00:00\"");
    }
  }

  private UnusableManagedPolicyException unusable(String what) {
    return new UnusableManagedPolicyException(
        where
            + " is not a managed policy: "
            + what
            + ". Replace it by the output of `aws iam get-policy-version` or a policy document, or"
            + " remove it.");
  }

  /// Derived from the name, so that it is the same in every installation.
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
