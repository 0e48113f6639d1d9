package io.carillon.acceptance;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/// Presigns requests to any service, bodies included, and upload forms: what a page that knows a
/// key can contain. The SDK's presigners support a few operations only.
///
/// @param host with its port
record Presigner(String host, String accessKeyId, String secretAccessKey) {
  private static final DateTimeFormatter BASIC =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);
  private static final String ALGORITHM = "AWS4-HMAC-SHA256";

  /// @param query `name=value` pairs, of unreserved characters
  /// @param body the request body; S3 does not check it
  String url(String service, String method, String path, String query, String body) {
    String now = BASIC.format(Instant.now());
    String scope = scope(now, service);
    Map<String, String> all = new TreeMap<>();
    for (String pair : query.split("&", -1)) {
      if (!pair.isEmpty()) {
        all.put(pair.split("=", 2)[0], pair.split("=", 2)[1]);
      }
    }
    all.put("X-Amz-Algorithm", ALGORITHM);
    all.put("X-Amz-Credential", accessKeyId + "/" + scope);
    all.put("X-Amz-Date", now);
    all.put("X-Amz-Expires", "600");
    all.put("X-Amz-SignedHeaders", "host");
    String signedQuery =
        all.entrySet().stream()
            .map(e -> e.getKey() + "=" + URLEncoder.encode(e.getValue(), StandardCharsets.UTF_8))
            .collect(Collectors.joining("&"));
    String payload = service.equals("s3") ? "UNSIGNED-PAYLOAD" : sha256(body);
    String canonical =
        String.join("\n", method, path, signedQuery, "host:" + host, "", "host", payload);
    String text = String.join("\n", ALGORITHM, now, scope, sha256(canonical));
    return "http://" + host + path + "?" + signedQuery + "&X-Amz-Signature=" + sign(scope, text);
  }

  /// The fields of a form that uploads one file and is answered with a document.
  List<List<String>> form(String bucket, String key) {
    Instant time = Instant.now();
    String now = BASIC.format(time);
    String scope = scope(now, "s3");
    String credential = accessKeyId + "/" + scope;
    String policy =
        """
        {"expiration": "%s", "conditions": [{"bucket": "%s"}, {"key": "%s"},
         {"x-amz-algorithm": "%s"}, {"x-amz-credential": "%s"}, {"x-amz-date": "%s"},
         {"success_action_status": "201"}]}\
        """
            .formatted(
                DateTimeFormatter.ISO_INSTANT.format(
                    time.plus(Duration.ofMinutes(10)).truncatedTo(ChronoUnit.SECONDS)),
                bucket,
                key,
                ALGORITHM,
                credential,
                now);
    String encoded = Base64.getEncoder().encodeToString(policy.getBytes(StandardCharsets.UTF_8));
    return List.of(
        List.of("key", key),
        List.of("policy", encoded),
        List.of("success_action_status", "201"),
        List.of("x-amz-algorithm", ALGORITHM),
        List.of("x-amz-credential", credential),
        List.of("x-amz-date", now),
        List.of("x-amz-signature", sign(scope, encoded)));
  }

  private static String scope(String now, String service) {
    return now.substring(0, 8) + "/us-east-1/" + service + "/aws4_request";
  }

  private String sign(String scope, String text) {
    byte[] key = ("AWS4" + secretAccessKey).getBytes(StandardCharsets.UTF_8);
    for (String part : scope.split("/", -1)) {
      key = hmac(key, part);
    }
    return HexFormat.of().formatHex(hmac(key, text));
  }

  private static byte[] hmac(byte[] key, String text) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(key, "HmacSHA256"));
      return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String sha256(String text) {
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }
}
