package io.carillon.s3;

import io.carillon.aws.AwsException;
import io.carillon.s3.model.S3Error;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import software.amazon.awssdk.core.SdkField;
import software.amazon.awssdk.core.SdkPojo;
import software.amazon.awssdk.services.s3.model.StorageClass;

/// What requests may ask for and Carillon does not do. Each such header is refused by name, so that
/// nobody believes to have what they do not.
final class Refusals {
  /// Answers the error for a header's value; empty where the value is one that holds here.
  private interface Rule extends Function<String, Optional<AwsException>> {}

  private record Watched(SdkField<?> field, String header, Rule rule) {}

  private static final Map<Class<?>, List<Watched>> WATCHED = new ConcurrentHashMap<>();

  private Refusals() {}

  /// @throws AwsException NotImplemented, AccessControlListNotSupported, InvalidStorageClass,
  ///   InvalidRequest, naming the header
  static void check(SdkPojo request) {
    for (Watched watched : WATCHED.computeIfAbsent(request.getClass(), _ -> watch(request))) {
      Object value = watched.field().getValueOrDefault(request);
      if (value != null) {
        watched
            .rule()
            .apply(value.toString())
            .ifPresent(
                error -> {
                  throw error.with("Header", watched.header());
                });
      }
    }
  }

  private static List<Watched> watch(SdkPojo request) {
    return request.sdkFields().stream()
        .flatMap(
            field ->
                rule(field.locationName().toLowerCase(Locale.ROOT)).stream()
                    .map(rule -> new Watched(field, field.locationName(), rule)))
        .toList();
  }

  private static Optional<Rule> rule(String header) {
    Rule rule =
        switch (header) {
          case "x-amz-acl" -> Refusals::acl;
          case "x-amz-storage-class" -> Refusals::storageClass;
          case "x-amz-server-side-encryption" -> Refusals::encryption;
          case "x-amz-server-side-encryption-bucket-key-enabled",
              "x-amz-bucket-object-lock-enabled" ->
              value -> value.equals("true") ? notImplemented() : Optional.empty();
          case "x-amz-write-offset-bytes",
              "x-amz-mfa",
              "x-amz-annotation-directive",
              "x-amz-bucket-namespace" ->
              _ -> notImplemented();
          default -> {
            if (header.startsWith("x-amz-grant-")) {
              yield _ -> Optional.of(S3Error.ACCESS_CONTROL_LIST_NOT_SUPPORTED.exception());
            }
            if (header.startsWith("x-amz-object-lock-")) {
              yield _ ->
                  Optional.of(
                      S3Error.INVALID_REQUEST.because(
                          "Bucket is missing Object Lock Configuration"));
            }
            if (header.startsWith("x-amz-server-side-encryption-")
                || header.startsWith("x-amz-copy-source-server-side-encryption-")) {
              yield _ -> notImplemented();
            }
            yield null;
          }
        };
    return Optional.ofNullable(rule);
  }

  /// Buckets are as S3 makes them since 2023: ACLs are off, and only those that say what holds
  /// anyway are accepted.
  private static Optional<AwsException> acl(String value) {
    return value.equals("private") || value.equals("bucket-owner-full-control")
        ? Optional.empty()
        : Optional.of(S3Error.ACCESS_CONTROL_LIST_NOT_SUPPORTED.exception());
  }

  private static Optional<AwsException> storageClass(String value) {
    return switch (StorageClass.fromValue(value)) {
      case STANDARD -> Optional.empty();
      case UNKNOWN_TO_SDK_VERSION -> Optional.of(S3Error.INVALID_STORAGE_CLASS.exception());
      default -> notImplemented();
    };
  }

  private static Optional<AwsException> encryption(String value) {
    return switch (value) {
      case "AES256" -> Optional.empty();
      case "aws:kms", "aws:kms:dsse", "aws:fsx" -> notImplemented();
      default ->
          Optional.of(
              S3Error.INVALID_ARGUMENT.because("The encryption method specified is not supported"));
    };
  }

  private static Optional<AwsException> notImplemented() {
    return Optional.of(S3Error.NOT_IMPLEMENTED.exception());
  }
}
