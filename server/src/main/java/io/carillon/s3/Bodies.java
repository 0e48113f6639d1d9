package io.carillon.s3;

import io.carillon.aws.checksum.Checksum;
import io.carillon.aws.checksum.ChecksumAlgorithm;
import io.carillon.aws.checksum.RunningChecksum;
import io.carillon.http.Body;
import io.carillon.http.Request;
import io.carillon.s3.model.Contents.Arrived;
import io.carillon.s3.model.Etags;
import io.carillon.s3.model.S3Error;
import io.carillon.s3.model.StoredChecksum;
import io.carillon.store.Blobs;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;

/// Takes bodies in: small ones into memory, larger ones into a blob, which is synced before any row
/// names it. MD5 and checksum are taken while the bytes pass.
final class Bodies {
  /// The most that one PUT or part may hold: 5 GiB.
  static final long MAX_BYTES = 5L << 30;

  private static final int BUFFER_BYTES = 128 << 10;

  private final Blobs blobs;
  private final int inlineBytes;

  /// @param inlineBytes the largest body that travels in the row
  Bodies(Blobs blobs, int inlineBytes) {
    this.blobs = blobs;
    this.inlineBytes = inlineBytes;
  }

  /// A body that has come in whole and is what its sender said it would be. No row names it yet.
  record Received(Arrived arrived, long sizeBytes, String etag, StoredChecksum checksum) {}

  /// Takes the request's body in.
  ///
  /// @param usual the checksum to take where the sender names none
  /// @throws io.carillon.aws.AwsException MissingContentLength, EntityTooLarge, IncompleteBody;
  ///   BadDigest where the body is not what its sender announced
  Received receive(Request http, ChecksumAlgorithm usual) throws IOException {
    Body body = http.body();
    long length = body.length().orElseThrow(S3Error.MISSING_CONTENT_LENGTH::exception);
    if (length > MAX_BYTES) {
      throw S3Error.ENTITY_TOO_LARGE
          .with("ProposedSize", String.valueOf(length))
          .with("MaxSizeAllowed", String.valueOf(MAX_BYTES));
    }
    Announced announced = Announced.in(http.headers());
    Digests digests = new Digests(announced.algorithm().orElse(usual));
    Arrived arrived = take(body, length, digests);
    if (body.read() >= 0) { // the end must be seen before the trailers are complete
      throw S3Error.INCOMPLETE_BODY.exception();
    }
    byte[] md5 = digests.md5.digest();
    Checksum checksum = digests.checksum.finish();
    announced.verify(md5, checksum, body.trailers());
    return new Received(arrived, length, Etags.of(md5), StoredChecksum.of(checksum));
  }

  /// Takes bytes of our own in, as if they had been sent.
  Received copy(InputStream in, long length, ChecksumAlgorithm algorithm) throws IOException {
    Digests digests = new Digests(algorithm);
    Arrived arrived = take(in, length, digests);
    return new Received(
        arrived,
        length,
        Etags.of(digests.md5.digest()),
        StoredChecksum.of(digests.checksum.finish()));
  }

  private Arrived take(InputStream in, long length, Digests digests) throws IOException {
    if (length <= inlineBytes) {
      byte[] bytes = new byte[(int) length];
      require(in.readNBytes(bytes, 0, bytes.length) == bytes.length);
      digests.update(bytes, bytes.length);
      return new Arrived.InMemory(bytes);
    }
    try (Blobs.Upload upload = blobs.begin()) {
      byte[] buffer = new byte[BUFFER_BYTES];
      long missing = length;
      while (missing > 0) {
        int count = in.read(buffer, 0, (int) Math.min(buffer.length, missing));
        require(count >= 0);
        digests.update(buffer, count);
        upload.write(buffer, 0, count);
        missing -= count;
      }
      return new Arrived.InBlob(upload.commit());
    }
  }

  private static void require(boolean complete) {
    if (!complete) {
      throw S3Error.INCOMPLETE_BODY.exception();
    }
  }

  private static final class Digests {
    final MessageDigest md5 = Etags.md5();
    final RunningChecksum checksum;

    Digests(ChecksumAlgorithm algorithm) {
      checksum = algorithm.start();
    }

    void update(byte[] bytes, int length) {
      md5.update(bytes, 0, length);
      checksum.update(bytes, 0, length);
    }
  }
}
