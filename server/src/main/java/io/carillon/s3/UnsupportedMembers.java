package io.carillon.s3;

import io.carillon.aws.AwsException;
import io.carillon.aws.checksum.ChecksumAlgorithm;
import io.carillon.base.AccountId;
import io.carillon.s3.model.S3Error;
import io.carillon.s3.model.StorageClass;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import software.amazon.awssdk.core.SdkField;
import software.amazon.awssdk.core.SdkPojo;
import software.amazon.awssdk.core.traits.PayloadTrait;
import software.amazon.awssdk.core.traits.TraitType;
import software.amazon.awssdk.services.s3.model.GetObjectAttributesRequest;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.HeadObjectRequest;

/// What requests may ask for and Carillon does not do. Each such member is refused by name, so that
/// nobody believes to have what they do not. So is a member that nobody here has thought of: a
/// newer SDK may bring one.
final class UnsupportedMembers {
  /// What operations honour, by its name on the wire, which means the same wherever it stands.
  /// Bodies are for their operations to judge.
  static final Set<String> HONOURED =
      Stream.of(
              // which, of whom
              "Bucket Key uploadId partNumber versionId x-amz-copy-source",
              // on which condition
              "If-Match If-None-Match If-Modified-Since If-Unmodified-Since",
              "x-amz-copy-source-if-match x-amz-copy-source-if-none-match",
              "x-amz-copy-source-if-modified-since x-amz-copy-source-if-unmodified-since",
              "x-amz-if-match-initiated-time x-amz-if-match-last-modified-time x-amz-if-match-size",
              // what it is
              "Cache-Control Content-Disposition Content-Encoding Content-Language Content-Type",
              "Content-Length Content-MD5 Expires Range x-amz-meta- x-amz-tagging",
              "x-amz-website-redirect-location x-amz-copy-source-range",
              "x-amz-metadata-directive x-amz-tagging-directive",
              "x-amz-sdk-checksum-algorithm x-amz-checksum-algorithm x-amz-checksum-type",
              "x-amz-checksum-mode x-amz-mp-object-size",
              // what to answer
              "response-cache-control response-content-disposition response-content-encoding",
              "response-content-language response-content-type response-expires",
              "delimiter encoding-type prefix marker max-keys start-after continuation-token",
              "fetch-owner key-marker version-id-marker upload-id-marker max-uploads max-parts",
              "part-number-marker max-buckets bucket-region x-amz-object-attributes",
              "x-amz-max-parts x-amz-part-number-marker id",
              // to whom it is granted: AccessControlLists judges it by the bucket
              "x-amz-acl x-amz-grant-full-control x-amz-grant-read x-amz-grant-read-acp",
              "x-amz-grant-write x-amz-grant-write-acp",
              // how buckets are
              "x-amz-object-ownership x-amz-skip-destination-validation",
              // what holds anyway: nobody but the owner pays, nothing has to be restored, whoever
              // puts a policy may shut themselves out, bucket keys only spare calls of KMS, no
              // bucket asks for a second factor, and no object has annotations
              "x-amz-request-payer x-amz-optional-object-attributes",
              "x-amz-confirm-remove-self-bucket-access x-amz-mfa",
              "x-amz-server-side-encryption-bucket-key-enabled x-amz-object-annotation-directive")
          .flatMap(names -> Arrays.stream(names.split(" ")))
          .collect(Collectors.toUnmodifiableSet());

  /// Answers the error for a header's value; empty where the value is one that holds here.
  private interface Rule extends Function<String, Optional<AwsException>> {}

  private record Watched(SdkField<?> field, String header, Rule rule) {}

  /// What reads an object: S3 tells it that keys of the reader's own mean nothing.
  private static final Set<Class<?>> READS =
      Set.of(GetObjectRequest.class, HeadObjectRequest.class, GetObjectAttributesRequest.class);

  private static final Map<Class<?>, List<Watched>> WATCHED = new ConcurrentHashMap<>();

  private static final String ENCRYPTION = "x-amz-server-side-encryption";

  private UnsupportedMembers() {}

  /// @throws AwsException NotImplemented, InvalidStorageClass, InvalidRequest, naming the header
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
        .filter(field -> !HONOURED.contains(field.locationName()))
        .filter(field -> ChecksumAlgorithm.ofHeader(field.locationName()).isEmpty())
        .filter(field -> !field.containsTrait(PayloadTrait.class, TraitType.PAYLOAD_TRAIT))
        .filter(field -> !isInvented(field))
        .map(
            field ->
                new Watched(
                    field,
                    field.locationName(),
                    rule(request.getClass(), field.locationName().toLowerCase(Locale.ROOT))))
        .toList();
  }

  /// CopyObject's class has members that never travel: the SDK makes the header of them.
  private static boolean isInvented(SdkField<?> field) {
    return field.locationName().startsWith("Source");
  }

  private static Rule rule(Class<?> request, String header) {
    return switch (header) {
      case "x-amz-expected-bucket-owner", "x-amz-source-expected-bucket-owner" ->
          UnsupportedMembers::owner;
      case "x-amz-storage-class" -> UnsupportedMembers::storageClass;
      case ENCRYPTION -> UnsupportedMembers::encryption;
      case "x-amz-bucket-namespace" ->
          value -> value.equals("global") ? Optional.empty() : notImplemented(header);
      case "x-amz-bucket-object-lock-enabled" ->
          value -> value.equals("true") ? notImplemented(header) : Optional.empty();
      case "x-amz-bypass-governance-retention" -> // whatever it says: no bucket here has a lock
          _ ->
              Optional.of(
                  S3Error.INVALID_ARGUMENT
                      .because(
                          "x-amz-bypass-governance-retention is only applicable to Object Lock"
                              + " enabled buckets.")
                      .with("ArgumentName", "x-amz-bypass-governance-retention"));
      default -> {
        if (header.startsWith("x-amz-object-lock-")) {
          yield _ ->
              Optional.of(
                  S3Error.INVALID_REQUEST.because("Bucket is missing Object Lock Configuration"));
        }
        if (header.startsWith("x-amz-copy-source-server-side-encryption-customer-")
            || READS.contains(request)) {
          yield _ ->
              Optional.of(
                  S3Error.INVALID_REQUEST.because(
                      "The encryption parameters are not applicable to this object."));
        }
        yield _ -> notImplemented(header);
      }
    };
  }

  /// An owner that is no account; whether it is the right one is judged with the bucket.
  private static Optional<AwsException> owner(String value) {
    return AccountId.isValid(value)
        ? Optional.empty()
        : Optional.of(
            S3Error.INVALID_BUCKET_OWNER_AWS_ACCOUNT_ID.because(
                S3Error.INVALID_BUCKET_OWNER_AWS_ACCOUNT_ID.message() + "... [" + value + "]"));
  }

  private static Optional<AwsException> storageClass(String value) {
    return StorageClass.find(value).isPresent()
        ? Optional.empty()
        : Optional.of(S3Error.INVALID_STORAGE_CLASS.with("StorageClassRequested", value));
  }

  private static Optional<AwsException> encryption(String value) {
    return switch (value) {
      case "AES256" -> Optional.empty();
      case "aws:kms", "aws:kms:dsse", "aws:fsx" -> notImplemented(ENCRYPTION + ": " + value);
      default ->
          Optional.of(
              S3Error.INVALID_ARGUMENT.because("The encryption method specified is not supported"));
    };
  }

  private static Optional<AwsException> notImplemented(String header) {
    return Optional.of(S3Error.notImplemented(header));
  }
}
