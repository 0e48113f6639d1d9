package io.carillon.s3;

import io.carillon.aws.checksum.Checksum;
import io.carillon.aws.checksum.ChecksumAlgorithm;
import io.carillon.aws.checksum.Checksums;
import io.carillon.base.Reservation;
import io.carillon.http.Body;
import io.carillon.http.Headers;
import io.carillon.http.Request;
import io.carillon.s3.model.ContentStore.NewContent;
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

/// Receives request bodies: small ones in memory, larger ones in a blob, which is synced before any
/// row names it. MD5 and checksum are computed in the same pass.
final class Bodies {
  /// The maximum size of a PUT or part: 5 GiB.
  static final long MAX_BYTES = 5L << 30;

  private static final int BUFFER_BYTES = 128 << 10;

  /// An inline body exists several times: in memory, in its row, and in the write batch of the row.
  private static final int INLINE_COPIES = 4;

  /// The memory of an upload to a blob: a buffer, and a block that is being written.
  private static final int UPLOAD_BYTES = 2 * BUFFER_BYTES;

  private final Blobs blobs;
  private final int inlineBytes;

  /// @param inlineBytes the largest body that is stored in a row
  Bodies(Blobs blobs, int inlineBytes) {
    this.blobs = blobs;
    this.inlineBytes = inlineBytes;
  }

  /// A complete body that matches its declared digests. No row names it yet.
  ///
  /// @param checksum the checksum to store
  /// @param returned the checksum to return: the one of the sender, if it differs from the stored
  ///   one
  record Received(
      NewContent newContent, String etag, StoredChecksum checksum, StoredChecksum returned) {}

  /// Receives the body of a request.
  ///
  /// @param storedAlgorithm the checksum algorithm to store; empty for the sender's, or S3's
  ///   default
  /// @throws io.carillon.aws.AwsException MissingContentLength, NotImplemented for chunks without a
  ///   length, EntityTooLarge, IncompleteBody; BadDigest if the body does not match its declared
  ///   digests
  Received receive(Request http, Optional<ChecksumAlgorithm> storedAlgorithm) throws IOException {
    long length = length(http);
    if (length > MAX_BYTES) {
      throw S3Error.ENTITY_TOO_LARGE
          .with("ProposedSize", String.valueOf(length))
          .with("MaxSizeAllowed", String.valueOf(MAX_BYTES));
    }
    return receive(http, storedAlgorithm, (body, digests) -> read(body, length, digests));
  }

  /// HTTP treats a request without length headers as one without a body. S3 refuses it, because it
  /// would overwrite an object with nothing, and it refuses HTTP chunks without a declared length.
  private static long length(Request http) {
    Headers headers = http.headers();
    OptionalLong length =
        headers.contains("Content-Length") || headers.contains("Transfer-Encoding")
            ? http.body().length()
            : OptionalLong.empty();
    return length.orElseThrow(
        () ->
            headers.contains("Transfer-Encoding")
                ? S3Error.notImplemented("Transfer-Encoding")
                : S3Error.MISSING_CONTENT_LENGTH.exception());
  }

  /// Receives the file of a form, whose length is known only at its end; the form limits it.
  ///
  /// @throws io.carillon.aws.AwsException as [#receive], except for the length
  Received receiveToEnd(Request http) throws IOException {
    return receive(http, Optional.empty(), this::readToEnd);
  }

  private interface BodyReader {
    NewContent read(Body body, Digests digests) throws IOException;
  }

  private Received receive(
      Request http, Optional<ChecksumAlgorithm> storedAlgorithm, BodyReader reader)
      throws IOException {
    Body body = http.body();
    DeclaredChecksums declared = DeclaredChecksums.in(http.headers());
    ChecksumAlgorithm sent = declared.algorithm().orElse(ChecksumAlgorithm.CRC64NVME);
    Digests digests = new Digests(EnumSet.of(sent, storedAlgorithm.orElse(sent)));
    NewContent newContent = reader.read(body, digests);
    if (body.read() >= 0) { // trailers are complete only after the end of the body
      throw S3Error.INCOMPLETE_BODY.exception();
    }
    byte[] md5 = digests.md5.digest();
    Map<ChecksumAlgorithm, Checksum> computed = digests.checksums.finish();
    declared.verify(md5, computed, body.trailers());
    StoredChecksum storedChecksum = stored(computed, storedAlgorithm.orElse(sent));
    return new Received(
        newContent,
        Etags.of(md5),
        storedChecksum,
        declared.algorithm().isPresent() ? stored(computed, sent) : storedChecksum);
  }

  /// Stores bytes of an existing object as if they were a body.
  Received copy(InputStream in, long length, ChecksumAlgorithm algorithm) throws IOException {
    Digests digests = new Digests(Set.of(algorithm));
    NewContent newContent = read(in, length, digests);
    StoredChecksum checksum = stored(digests.checksums.finish(), algorithm);
    return new Received(newContent, Etags.of(digests.md5.digest()), checksum, checksum);
  }

  private static StoredChecksum stored(
      Map<ChecksumAlgorithm, Checksum> computed, ChecksumAlgorithm algorithm) {
    return StoredChecksum.of(Objects.requireNonNull(computed.get(algorithm)));
  }

  private NewContent read(InputStream in, long length, Digests digests) throws IOException {
    if (length <= inlineBytes) {
      Reservation.current().take(length * INLINE_COPIES);
      byte[] bytes = new byte[(int) length];
      require(in.readNBytes(bytes, 0, bytes.length) == bytes.length);
      digests.update(bytes, bytes.length);
      return new NewContent.InMemory(bytes);
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
      return new NewContent.InBlob(upload.commit());
    }
  }

  private NewContent readToEnd(InputStream in, Digests digests) throws IOException {
    Reservation.current().take(UPLOAD_BYTES);
    byte[] first = in.readNBytes(inlineBytes + 1);
    digests.update(first, first.length);
    if (first.length <= inlineBytes) {
      return new NewContent.InMemory(first);
    }
    try (Blobs.Upload upload = blobs.begin()) {
      upload.write(first, 0, first.length);
      byte[] buffer = new byte[BUFFER_BYTES];
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        digests.update(buffer, count);
        upload.write(buffer, 0, count);
      }
      return new NewContent.InBlob(upload.commit());
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
