package io.carillon.s3;

import io.carillon.s3.model.ObjectMetadata;
import io.carillon.s3.model.S3Error;
import io.carillon.s3.model.StorageClass;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.s3.model.CopyObjectRequest;
import software.amazon.awssdk.services.s3.model.CreateMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;

/// Reads the metadata of an object from the requests that write one.
final class RequestMetadata {
  private static final Pattern REDIRECT = Pattern.compile("/|https?://");
  private static final int MAX_METADATA_BYTES = 2048;
  private static final Pattern NAME = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+");
  private static final DateTimeFormatter HTTP_DATE =
      DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  private RequestMetadata() {}

  static ObjectMetadata of(PutObjectRequest r) {
    return new ObjectMetadata(
        headers(
            r.contentType(),
            r.cacheControl(),
            r.contentDisposition(),
            r.contentEncoding(),
            r.contentLanguage(),
            r.expires(),
            r.websiteRedirectLocation()),
        metadata(r.metadata()),
        TagSets.ofHeader(r.tagging()),
        storage(r.storageClassAsString()));
  }

  static ObjectMetadata of(CreateMultipartUploadRequest r) {
    return new ObjectMetadata(
        headers(
            r.contentType(),
            r.cacheControl(),
            r.contentDisposition(),
            r.contentEncoding(),
            r.contentLanguage(),
            r.expires(),
            r.websiteRedirectLocation()),
        metadata(r.metadata()),
        TagSets.ofHeader(r.tagging()),
        storage(r.storageClassAsString()));
  }

  static ObjectMetadata of(CopyObjectRequest r) {
    return new ObjectMetadata(
        headers(
            r.contentType(),
            r.cacheControl(),
            r.contentDisposition(),
            r.contentEncoding(),
            r.contentLanguage(),
            r.expires(),
            r.websiteRedirectLocation()),
        metadata(r.metadata()),
        TagSets.ofHeader(r.tagging()),
        storage(r.storageClassAsString()));
  }

  /// Null for the default class, STANDARD.
  ///
  /// @throws io.carillon.aws.AwsException InvalidStorageClass
  private static @Nullable StorageClass storage(@Nullable String name) {
    if (name == null) {
      return null;
    }
    StorageClass named =
        StorageClass.find(name)
            .orElseThrow(() -> S3Error.INVALID_STORAGE_CLASS.with("StorageClassRequested", name));
    return named == StorageClass.STANDARD ? null : named;
  }

  /// The date format of HTTP.
  static String httpDate(Instant instant) {
    return HTTP_DATE.format(instant);
  }

  private static Map<String, String> headers(
      @Nullable String contentType,
      @Nullable String cacheControl,
      @Nullable String contentDisposition,
      @Nullable String contentEncoding,
      @Nullable String contentLanguage,
      @Nullable Instant expires,
      @Nullable String websiteRedirectLocation) {
    Map<String, String> headers = new HashMap<>();
    put(
        headers,
        "content-type",
        contentType == null || contentType.isEmpty() ? "binary/octet-stream" : contentType);
    put(headers, "cache-control", cacheControl);
    put(headers, "content-disposition", contentDisposition);
    put(
        headers,
        "content-encoding",
        contentEncoding == null ? null : withoutAwsChunked(contentEncoding));
    put(headers, "content-language", contentLanguage);
    put(headers, "expires", expires == null ? null : httpDate(expires));
    put(headers, "x-amz-website-redirect-location", redirect(websiteRedirectLocation));
    return headers;
  }

  /// @throws io.carillon.aws.AwsException InvalidRedirectLocation
  private static @Nullable String redirect(@Nullable String location) {
    if (location != null && !REDIRECT.matcher(location).lookingAt()) {
      throw S3Error.INVALID_REDIRECT_LOCATION.exception();
    }
    return location;
  }

  private static void put(Map<String, String> headers, String name, @Nullable String value) {
    if (value != null && !value.isEmpty()) {
      headers.put(name, requireHeaderValue(name, value));
    }
  }

  /// Checks that a value can be sent in a response header. A presigned URL, a form or a
  /// `response-…` parameter can contain characters that a header cannot.
  ///
  /// @throws io.carillon.aws.AwsException InvalidArgument
  static String requireHeaderValue(String name, String value) {
    if (!NAME.matcher(name).matches()
        || value.chars().anyMatch(c -> (c < ' ' && c != '\t') || c == 0x7F)) {
      throw S3Error.INVALID_ARGUMENT
          .because("The value of " + name + " cannot be sent in a header.")
          .with("ArgumentName", name)
          .with("ArgumentValue", value);
    }
    return value;
  }

  /// `aws-chunked` describes the framing of the request body, not the object. The rest of the value
  /// is kept unchanged.
  private static String withoutAwsChunked(String contentEncoding) {
    if (!contentEncoding.toLowerCase(Locale.ROOT).contains("aws-chunked")) {
      return contentEncoding;
    }
    return Arrays.stream(contentEncoding.split(",", -1))
        .map(String::strip)
        .filter(coding -> !coding.equalsIgnoreCase("aws-chunked"))
        .collect(Collectors.joining(","));
  }

  private static Map<String, String> metadata(Map<String, String> given) {
    if (given.isEmpty()) {
      return Map.of();
    }
    Map<String, String> metadata = new HashMap<>();
    int bytes = 0;
    for (Map.Entry<String, String> entry : given.entrySet()) {
      String name = entry.getKey().toLowerCase(Locale.ROOT);
      metadata.merge(name, requireHeaderValue(name, entry.getValue()), (a, b) -> a + "," + b);
      bytes += size(name) + size(entry.getValue());
    }
    if (bytes > MAX_METADATA_BYTES) {
      throw S3Error.METADATA_TOO_LARGE
          .with("Size", String.valueOf(bytes))
          .with("MaxSizeAllowed", String.valueOf(MAX_METADATA_BYTES));
    }
    return metadata;
  }

  /// Undecoded header values hold one byte in each `char`; decoded ones have other characters,
  /// which are counted in UTF-8.
  private static int size(String text) {
    return text.chars().allMatch(c -> c < 256)
        ? text.length()
        : text.getBytes(StandardCharsets.UTF_8).length;
  }
}
