package io.carillon.aws.protocol;

import io.carillon.aws.CommonError;
import io.carillon.aws.checksum.Checksum;
import io.carillon.aws.checksum.ChecksumAlgorithm;
import io.carillon.http.Headers;
import io.carillon.http.Request;
import java.util.Optional;

/// Verifies a body against the checksums of its header fields or trailers.
final class BodyChecksums {
  private BodyChecksums() {}

  /// @param shape of the input: checksums that are members of it are verified by the operation,
  ///   such as the checksum of the whole object in CompleteMultipartUpload
  /// @throws io.carillon.aws.AwsException [CommonError#BAD_DIGEST] where one differs
  static void verify(Request http, Shape shape, byte[] body) {
    verify(http.headers(), shape, body);
    verify(http.body().trailers(), shape, body);
    http.headers()
        .find("content-md5")
        .ifPresent(md5 -> verify("Content-MD5", ChecksumAlgorithm.MD5, md5, body));
  }

  private static void verify(Headers fields, Shape shape, byte[] body) {
    fields.forEach(
        (name, value) ->
            ChecksumAlgorithm.ofHeader(name)
                .filter(algorithm -> !shape.headers().containsKey(algorithm.header()))
                .ifPresent(algorithm -> verify(name, algorithm, value, body)));
  }

  private static void verify(String name, ChecksumAlgorithm algorithm, String value, byte[] body) {
    Optional<Checksum> declared = Checksum.tryParse(algorithm, value);
    if (declared.isEmpty()) {
      throw CommonError.INVALID_DIGEST.because("The value of " + name + " is not valid.");
    }
    if (!declared.get().matches(algorithm.of(body))) {
      throw CommonError.BAD_DIGEST.because(
          "The " + name + " you specified did not match what we received.");
    }
  }
}
