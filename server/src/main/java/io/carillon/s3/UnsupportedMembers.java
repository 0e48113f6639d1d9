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

/// Refuses request members that Carillon does not support, by name, so that no client relies on a
/// feature that does not work. Unknown members, which a newer SDK may have, are refused as well.
final class UnsupportedMembers {
  /// The supported members, by name on the wire; a name means the same in all operations. The
  /// operations check their bodies themselves.
  static final Set<String> HONOURED =
      Stream.of(
              // resource
              "Bucket Key uploadId partNumber versionId x-amz-copy-source",
              // conditions
              "If-Match If-None-Match If-Modified-Since If-Unmodified-Since",
              "x-amz-copy-source-if-match x-amz-copy-source-if-none-match",
              "x-amz-copy-source-if-modified-since x-amz-copy-source-if-unmodified-since",
              "x-amz-if-match-initiated-time x-amz-if-match-last-modified-time x-amz-if-match-size",
              // content and metadata
              "Cache-Control Content-Disposition Content-Encoding Content-Language Content-Type",
              "Content-Length Content-MD5 Expires Range x-amz-meta- x-amz-tagging",
              "x-amz-website-redirect-location x-amz-copy-source-range",
              "x-amz-metadata-directive x-amz-tagging-directive",
              "x-amz-sdk-checksum-algorithm x-amz-checksum-algorithm x-amz-checksum-type",
              "x-amz-checksum-mode x-amz-mp-object-size",
              // responses
              "response-cache-control response-content-disposition response-content-encoding",
              "response-content-language response-content-type response-expires",
              "delimiter encoding-type prefix marker max-keys start-after continuation-token",
              "fetch-owner key-marker version-id-marker upload-id-marker max-uploads max-parts",
              "part-number-marker max-buckets bucket-region x-amz-object-attributes",
              "x-amz-max-parts x-amz-part-number-marker id",
              // ACLs, which AccessControlLists checks
              "x-amz-acl x-amz-grant-full-control x-amz-grant-read x-amz-grant-read-acp",
              "x-amz-grant-write x-amz-grant-write-acp",
              // bucket settings
              "x-amz-object-ownership x-amz-skip-destination-validation",
              // no effect here: the bucket owner pays, nothing has to be restored, a policy may
              // exclude its author, bucket keys only save KMS calls, no bucket requires MFA, and no
              // object has annotations
              "x-amz-request-payer x-amz-optional-object-attributes",
              "x-amz-confirm-remove-self-bucket-access x-amz-mfa",
              "x-amz-server-side-encryption-bucket-key-enabled x-amz-object-annotation-directive")
          .flatMap(names -> Arrays.stream(names.split(" ")))
          .collect(Collectors.toUnmodifiableSet());

  /// Returns the error for a header's value; empty if the value is supported.
  private interface Rule extends Function<String, Optional<AwsException>> {}

  private record CheckedMember(SdkField<?> field, String header, Rule rule) {}

  /// Operations that read objects: S3 says that customer-provided keys do not apply to the object.
  private static final Set<Class<?>> READS =
      Set.of(GetObjectRequest.class, HeadObjectRequest.class, GetObjectAttributesRequest.class);

  private static final Map<Class<?>, List<CheckedMember>> CHECKED_MEMBERS =
      new ConcurrentHashMap<>();

  private static final String ENCRYPTION = "x-amz-server-side-encryption";

  private UnsupportedMembers() {}

  /// @throws AwsException NotImplemented, InvalidStorageClass, InvalidRequest, naming the header
  static void check(SdkPojo request) {
    for (CheckedMember member :
        CHECKED_MEMBERS.computeIfAbsent(request.getClass(), _ -> checkedMembers(request))) {
      Object value = member.field().getValueOrDefault(request);
      if (value != null) {
        member
            .rule()
            .apply(value.toString())
            .ifPresent(
                error -> {
                  throw error.with("Header", member.header());
                });
      }
    }
  }

  private static List<CheckedMember> checkedMembers(SdkPojo request) {
    return request.sdkFields().stream()
        .filter(field -> !HONOURED.contains(field.locationName()))
        .filter(field -> ChecksumAlgorithm.ofHeader(field.locationName()).isEmpty())
        .filter(field -> !field.containsTrait(PayloadTrait.class, TraitType.PAYLOAD_TRAIT))
        .filter(field -> !isSdkOnly(field))
        .map(
            field ->
                new CheckedMember(
                    field,
                    field.locationName(),
                    rule(request.getClass(), field.locationName().toLowerCase(Locale.ROOT))))
        .toList();
  }

  /// CopyObject's class has members that are not sent: the SDK makes a header of them.
  private static boolean isSdkOnly(SdkField<?> field) {
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
      case "x-amz-bypass-governance-retention" -> // any value: no bucket has Object Lock
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

  /// Checks that the owner is an account id; the bucket's operations compare it.
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
