package io.carillon.s3;

import io.carillon.aws.checksum.Checksum;
import io.carillon.aws.checksum.ChecksumAlgorithm;
import io.carillon.aws.checksum.Checksums;
import io.carillon.base.Reservation;
import io.carillon.http.Body;
import io.carillon.http.Headers;
import io.carillon.http.Request;
import io.carillon.s3.model.ContentStore.Arrived;
import io.carillon.s3.model.Etags;
import io.carillon.s3.model.S3Error;
import io.carillon.s3.model.StoredChecksum;
import io.carillon.store.Blobs;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.util.EnumSet;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/// Takes bodies in: small ones into memory, larger ones into a blob, which is synced before any row
/// names it. MD5 and checksum are taken while the bytes pass.
final class Bodies {
  /// The most that one PUT or part may hold: 5 GiB.
  static final long MAX_BYTES = 5L << 30;

  private static final int BUFFER_BYTES = 128 << 10;

  /// An inline body is in memory, in its row, and in the batch that the row is written with.
  private static final int INLINE_COPIES = 4;

  /// What an upload to a blob holds: a buffer, and a block that is being written.
  private static final int UPLOAD_BYTES = 2 * BUFFER_BYTES;

  private final Blobs blobs;
  private final int inlineBytes;

  /// @param inlineBytes the largest body that travels in the row
  Bodies(Blobs blobs, int inlineBytes) {
    this.blobs = blobs;
    this.inlineBytes = inlineBytes;
  }

  /// A body that has come in whole and is what its sender said it would be. No row names it yet.
  ///
  /// @param checksum to be kept
  /// @param shown to be answered: the one that the sender sent, if it is another
  record Received(Arrived arrived, String etag, StoredChecksum checksum, StoredChecksum shown) {}

  /// Takes the request's body in.
  ///
  /// @param kept the checksum to keep; empty for the one that the sender sends, or else S3's own
  /// @throws io.carillon.aws.AwsException MissingContentLength, NotImplemented for chunks without a
  ///   length, EntityTooLarge, IncompleteBody; BadDigest where the body is not what its sender
  ///   announced
  Received receive(Request http, Optional<ChecksumAlgorithm> kept) throws IOException {
    long length = length(http);
    if (length > MAX_BYTES) {
      throw S3Error.ENTITY_TOO_LARGE
          .with("ProposedSize", String.valueOf(length))
          .with("MaxSizeAllowed", String.valueOf(MAX_BYTES));
    }
    return receive(http, kept, (body, digests) -> take(body, length, digests));
  }

  /// HTTP takes a request that says nothing of a body for one without, S3 does not: it would
  /// replace an object by nothing. Nor does it take chunks of HTTP's own whose length no other
  /// field says.
  private static long length(Request http) {
    Headers said = http.headers();
    OptionalLong length =
        said.contains("Content-Length") || said.contains("Transfer-Encoding")
            ? http.body().length()
            : OptionalLong.empty();
    return length.orElseThrow(
        () ->
            said.contains("Transfer-Encoding")
                ? S3Error.notImplemented("Transfer-Encoding")
                : S3Error.MISSING_CONTENT_LENGTH.exception());
  }

  /// Takes the file of a form in, of which only the end shows how long it is; the form bounds it.
  ///
  /// @throws io.carillon.aws.AwsException as [#receive], but for the length
  Received receiveToEnd(Request http) throws IOException {
    return receive(http, Optional.empty(), this::takeToEnd);
  }

  private interface Take {
    Arrived from(Body body, Digests digests) throws IOException;
  }

  private Received receive(Request http, Optional<ChecksumAlgorithm> kept, Take take)
      throws IOException {
    Body body = http.body();
    DeclaredChecksums declared = DeclaredChecksums.in(http.headers());
    ChecksumAlgorithm sent = declared.algorithm().orElse(ChecksumAlgorithm.CRC64NVME);
    Digests digests = new Digests(EnumSet.of(sent, kept.orElse(sent)));
    Arrived arrived = take.from(body, digests);
    if (body.read() >= 0) { // the end must be seen before the trailers are complete
      throw S3Error.INCOMPLETE_BODY.exception();
    }
    byte[] md5 = digests.md5.digest();
    Map<ChecksumAlgorithm, Checksum> taken = digests.checksums.finish();
    declared.verify(md5, taken, body.trailers());
    StoredChecksum keeping = stored(taken, kept.orElse(sent));
    return new Received(
        arrived,
        Etags.of(md5),
        keeping,
        declared.algorithm().isPresent() ? stored(taken, sent) : keeping);
  }

  /// Takes bytes of our own in, as if they had been sent.
  Received copy(InputStream in, long length, ChecksumAlgorithm algorithm) throws IOException {
    Digests digests = new Digests(Set.of(algorithm));
    Arrived arrived = take(in, length, digests);
    StoredChecksum checksum = stored(digests.checksums.finish(), algorithm);
    return new Received(arrived, Etags.of(digests.md5.digest()), checksum, checksum);
  }

  private static StoredChecksum stored(
      Map<ChecksumAlgorithm, Checksum> taken, ChecksumAlgorithm algorithm) {
    return StoredChecksum.of(Objects.requireNonNull(taken.get(algorithm)));
  }

  private Arrived take(InputStream in, long length, Digests digests) throws IOException {
    if (length <= inlineBytes) {
      Reservation.current().take(length * INLINE_COPIES);
      byte[] bytes = new byte[(int) length];
      require(in.readNBytes(bytes, 0, bytes.length) == bytes.length);
      digests.update(bytes, bytes.length);
      return new Arrived.InMemory(bytes);
    }
    Reservation.current().take(UPLOAD_BYTES);
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

  private Arrived takeToEnd(InputStream in, Digests digests) throws IOException {
    Reservation.current().take(UPLOAD_BYTES);
    byte[] first = in.readNBytes(inlineBytes + 1);
    digests.update(first, first.length);
    if (first.length <= inlineBytes) {
      return new Arrived.InMemory(first);
    }
    try (Blobs.Upload upload = blobs.begin()) {
      upload.write(first, 0, first.length);
      byte[] buffer = new byte[BUFFER_BYTES];
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        digests.update(buffer, count);
        upload.write(buffer, 0, count);
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
    final Checksums checksums;

    Digests(Set<ChecksumAlgorithm> algorithms) {
      checksums = Checksums.of(algorithms);
    }

    void update(byte[] bytes, int length) {
      md5.update(bytes, 0, length);
      checksums.update(bytes, 0, length);
    }
  }
}
