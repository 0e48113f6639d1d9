package io.carillon.s3;

import io.carillon.aws.checksum.Checksum;
import io.carillon.aws.checksum.ChecksumAlgorithm;
import io.carillon.http.Headers;
import io.carillon.s3.model.S3Error;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The digests that a request declares for its body: `Content-MD5`, and one checksum, in a header
/// or in the trailer that `x-amz-trailer` names.
///
/// Source:
/// https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
///
/// @param algorithm of the checksum; empty if there is none
/// @param checksum null if it is in the trailer, or if there is none
record DeclaredChecksums(
    Optional<ChecksumAlgorithm> algorithm,
    @Nullable Checksum checksum,
    byte @Nullable [] contentMd5) {

  private static final String PREFIX = "x-amz-checksum-";
  private static final String NAMED = "x-amz-sdk-checksum-algorithm";

  /// @throws io.carillon.aws.AwsException InvalidDigest for a malformed MD5; InvalidRequest for a
  ///   malformed checksum, more than one, or an unknown algorithm
  static DeclaredChecksums in(Headers headers) {
    List<String> values = new ArrayList<>(1);
    headers.forEach(
        (name, _) -> {
          String lower = name.toLowerCase(Locale.ROOT);
          if (lower.startsWith(PREFIX) && !isModifier(lower)) {
            values.add(lower);
          } else if (lower.equals("x-amz-trailer")) {
            for (String one : String.valueOf(headers.first(name)).split(",", -1)) {
              String trailer = one.strip().toLowerCase(Locale.ROOT);
              if (trailer.startsWith(PREFIX)) {
                values.add(trailer);
              }
            }
          }
        });
    byte[] md5 = headers.find("Content-MD5").map(DeclaredChecksums::md5).orElse(null);
    if (values.isEmpty()) {
      if (headers.contains(NAMED)) {
        throw S3Error.INVALID_REQUEST.because(
            NAMED
                + " specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were"
                + " found.");
      }
      return new DeclaredChecksums(Optional.empty(), null, md5);
    }
    if (values.size() > 1) {
      throw S3Error.INVALID_REQUEST.because(
          "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.");
    }
    String header = values.getFirst();
    ChecksumAlgorithm algorithm =
        ChecksumAlgorithm.ofHeader(header)
            .orElseThrow(
                () ->
                    S3Error.INVALID_REQUEST.because(
                        "The algorithm type you specified in x-amz-checksum- header is invalid."));
    headers
        .find(NAMED)
        .filter(named -> !named.equalsIgnoreCase(algorithm.name()))
        .ifPresent(
            _ -> {
              throw S3Error.INVALID_REQUEST.because("Value for " + NAMED + " header is invalid.");
            });
    String value = headers.first(header);
    return new DeclaredChecksums(
        Optional.of(algorithm), value == null ? null : parse(algorithm, value), md5);
  }

  /// @throws io.carillon.aws.AwsException BadDigest if a digest differs; InvalidRequest if the
  ///   declared trailer is missing
  void verify(byte[] md5, Map<ChecksumAlgorithm, Checksum> computed, Headers trailers) {
    if (contentMd5 != null && !MessageDigest.isEqual(contentMd5, md5)) {
      throw S3Error.BAD_DIGEST
          .because("The Content-MD5 you specified did not match what we received.")
          .with("ExpectedDigest", Base64.getEncoder().encodeToString(contentMd5))
          .with("CalculatedDigest", Base64.getEncoder().encodeToString(md5));
    }
    if (algorithm.isEmpty()) {
      return;
    }
    Checksum expected = checksum;
    if (expected == null) {
      String header = algorithm.get().header();
      String value =
          trailers
              .find(header)
              .orElseThrow(
                  () ->
                      S3Error.INVALID_REQUEST.because(
                          "The trailer " + header + " was declared and is missing."));
      expected = parse(algorithm.get(), value.strip());
    }
    if (!expected.matches(Objects.requireNonNull(computed.get(algorithm.get())))) {
      throw S3Error.BAD_DIGEST.because(
          "The " + algorithm.get() + " you specified did not match the calculated checksum.");
    }
  }

  private static boolean isModifier(String header) {
    return header.equals("x-amz-checksum-algorithm")
        || header.equals("x-amz-checksum-type")
        || header.equals("x-amz-checksum-mode");
  }

  private static Checksum parse(ChecksumAlgorithm algorithm, String value) {
    return Checksum.tryParse(algorithm, value)
        .orElseThrow(
            () ->
                S3Error.INVALID_REQUEST.because(
                    "Value for " + algorithm.header() + " header is invalid."));
  }

  private static byte[] md5(String base64) {
    try {
      byte[] md5 = Base64.getDecoder().decode(base64);
      if (md5.length == 16) {
        return md5;
      }
    } catch (IllegalArgumentException notBase64) {
      // refused below, like a value of the wrong length
    }
    throw S3Error.INVALID_DIGEST.with("Content-MD5", base64);
  }
}
