package io.carillon.aws.sigv4;

import io.carillon.aws.AwsException;
import io.carillon.aws.Credentials;
import io.carillon.aws.Signing;
import io.carillon.base.Secret;
import io.carillon.http.Headers;
import io.carillon.http.Request;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/// Signature Version 2 in the query of an S3 request. It is obsolete, but boto3's
/// `generate_presigned_url` and version 1 of the AWS CLI's `s3 presign` use it by default. In
/// headers it is rejected: no current client sends it there.
///
/// It signs neither the host nor all of the query, so every parameter that distinguishes operations
/// must be among those it signs: see [#RESOURCES].
///
/// Source: https://docs.aws.amazon.com/AmazonS3/latest/API/RESTAuthentication.html
record SignatureV2(AccessKeyLookup accessKeys, InstantSource clock) {
  private static final String ACCESS_KEY_ID = "AWSAccessKeyId";
  private static final String SIGNATURE = "Signature";
  private static final String EXPIRES = "Expires";
  private static final String CONTENT_TYPE = "content-type";
  private static final String CONTENT_MD5 = "content-md5";
  private static final Set<String> SIGNING_PARAMETERS = Set.of(ACCESS_KEY_ID, SIGNATURE, EXPIRES);
  private static final SignatureErrors.OfS3 ERRORS = new SignatureErrors.OfS3();

  /// The signed sub-resource parameters. The last lines are in no client's list; they are here so
  /// that nobody can turn a signed URL into another operation's by adding one.
  private static final Set<String> RESOURCES =
      Stream.of(
              "accelerate acl analytics cors defaultObjectAcl delete inventory lifecycle location"
                  .split(" "),
              "logging metrics notification object-lock partNumber policy replication".split(" "),
              "requestPayment restore select select-type storageClass tagging torrent".split(" "),
              "uploadId uploads versionId versioning versions website".split(" "),
              "response-cache-control response-content-disposition response-content-encoding"
                  .split(" "),
              "response-content-language response-content-type response-expires".split(" "),
              "abac annotation append attributes encryption intelligent-tiering legal-hold"
                  .split(" "),
              "metadataConfiguration metadataTable ownershipControls policyStatus".split(" "),
              "publicAccessBlock renameObject retention session".split(" "))
          .flatMap(Arrays::stream)
          .collect(Collectors.toUnmodifiableSet());

  /// Whether a query has a signature of version 2, complete or not.
  static boolean isSigned(RawQuery query) {
    return !query.isEmpty() && (query.count(ACCESS_KEY_ID) > 0 || query.count(SIGNATURE) > 0);
  }

  /// @param path of the request, with the bucket in front where the host names it
  Verified verify(Request http, String path) {
    RawQuery query = RawQuery.of(http.rawQuery());
    if (query.count(ACCESS_KEY_ID) != 1
        || query.count(SIGNATURE) != 1
        || query.count(EXPIRES) != 1) {
      throw S3SignatureError.ACCESS_DENIED.because(
          "Query-string authentication requires the Signature, Expires and AWSAccessKeyId"
              + " parameters");
    }
    String accessKeyId = query.first(ACCESS_KEY_ID).orElse("");
    String expires = query.first(EXPIRES).orElse("");
    checkExpiry(expires);
    Request withHeaderFields = withHeaderFields(http, query);
    String token = withHeaderFields.headers().find("x-amz-security-token").orElse("");
    Credentials credentials = accessKeys.find(accessKeyId, token, ERRORS);
    String signature = query.first(SIGNATURE).orElse("");
    if (encodings(path).stream()
        .map(
            encoding ->
                sign(
                    credentials.secret(), stringToSign(withHeaderFields, query, expires, encoding)))
        .noneMatch(computed -> SigningKey.matches(computed, signature))) {
      throw mismatch(accessKeyId, stringToSign(withHeaderFields, query, expires, path), signature);
    }
    String payload = withHeaderFields.headers().find("x-amz-content-sha256").orElse("");
    Request checked =
        PayloadCheck.of(withHeaderFields, payload.isEmpty() ? "UNSIGNED-PAYLOAD" : payload, null);
    return new Verified.SignedV2(
        checked, credentials, new Signing(Signing.QUERY, Signing.VERSION_2, null, payload));
  }

  /// The HMAC-SHA1, in base64.
  static String sign(Secret secret, String stringToSign) {
    try {
      Mac mac = Mac.getInstance("HmacSHA1");
      mac.init(new SecretKeySpec(secret.reveal().getBytes(StandardCharsets.UTF_8), "HmacSHA1"));
      return Base64.getEncoder()
          .encodeToString(mac.doFinal(stringToSign.getBytes(StandardCharsets.ISO_8859_1)));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("Every JDK has HmacSHA1", e);
    }
  }

  static AwsException mismatch(String accessKeyId, String stringToSign, String signature) {
    return S3SignatureError.SIGNATURE_DOES_NOT_MATCH
        .with("AWSAccessKeyId", accessKeyId)
        .with("StringToSign", stringToSign)
        .with("SignatureProvided", signature)
        .with("StringToSignBytes", SignatureErrors.OfS3.bytes(stringToSign));
  }

  private void checkExpiry(String expires) {
    Instant end;
    try {
      end = Instant.ofEpochSecond(Long.parseLong(expires));
    } catch (NumberFormatException | DateTimeException e) {
      throw S3SignatureError.ACCESS_DENIED.because(
          "Invalid date (should be seconds since epoch): " + expires);
    }
    Instant now = clock.instant();
    if (now.isAfter(end)) {
      throw ERRORS.expired(end, now);
    }
  }

  /// The request with its signed query fields as headers, and without the parameters of the
  /// signature.
  private static Request withHeaderFields(Request http, RawQuery query) {
    Headers more = HoistedHeaders.in(query, http.headers());
    for (String name : List.of(CONTENT_TYPE, CONTENT_MD5)) {
      Optional<String> value = query.first(name);
      if (value.isPresent() && !http.headers().contains(name)) {
        more.add(name, value.get());
      }
    }
    RawQuery rest = query.without(CONTENT_TYPE).without(CONTENT_MD5);
    for (String name : SIGNING_PARAMETERS) {
      rest = rest.without(name);
    }
    return HoistedHeaders.with(http, rest.text(), more);
  }

  private static String stringToSign(Request http, RawQuery query, String expires, String path) {
    StringBuilder text = new StringBuilder(256);
    text.append(http.method()).append('\n');
    text.append(http.headers().find(CONTENT_MD5).orElse("").strip()).append('\n');
    text.append(http.headers().find(CONTENT_TYPE).orElse("").strip()).append('\n');
    text.append(expires).append('\n');
    fields(http.headers())
        .forEach((name, value) -> text.append(name).append(':').append(value).append('\n'));
    return text.append(path).append(resources(query)).toString();
  }

  /// The path as sent, re-encoded as specified, and that of a bucket with the trailing slash that
  /// botocore signs but does not send.
  private static List<String> encodings(String path) {
    String reencoded = CanonicalRequest.reencode(path);
    return path.lastIndexOf('/') == 0 && path.length() > 1
        ? List.of(path, reencoded, path + "/")
        : List.of(path, reencoded);
  }

  private static Map<String, String> fields(Headers headers) {
    Map<String, String> fields = new TreeMap<>();
    headers.forEach(
        (name, value) -> {
          if (name.regionMatches(true, 0, "x-amz-", 0, 6)) {
            fields.merge(
                name.toLowerCase(Locale.ROOT),
                value.strip(),
                (before, more) -> before + "," + more);
          }
        });
    return fields;
  }

  private static String resources(RawQuery query) {
    Map<String, List<String>> found = new TreeMap<>();
    query.forEach(
        (name, value) -> {
          if (RESOURCES.contains(name)) {
            found
                .computeIfAbsent(name, _ -> new ArrayList<>(1))
                .add(value.isEmpty() ? name : name + "=" + value);
          }
        });
    return found.isEmpty()
        ? ""
        : found.values().stream().flatMap(List::stream).collect(Collectors.joining("&", "?", ""));
  }
}
