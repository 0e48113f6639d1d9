package io.carillon.aws.sigv4;

import io.carillon.http.Body;
import io.carillon.http.Headers;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A body out of `aws-chunked` framing, which is not HTTP's chunked coding but inside of it:
///
///     10000;chunk-signature=ad80…⏎ 65,536 bytes ⏎ 0;chunk-signature=b6c6…⏎
///     x-amz-checksum-crc32c:sOO8/Q==⏎ x-amz-trailer-signature:d81f…⏎ ⏎
///
/// A signature comes before its chunk and covers all of it, and chunks may be of any size, so bytes
/// are handed out before their signature is known to match; holding them back would mean holding the
/// chunk. What is promised is less and enough: **nobody gets the last byte of a chunk that does not
/// match, nor the last byte of a body whose end does not.** The read that would hand it out throws
/// instead, after it has read on through the last chunk, the trailer and the end of the stream. A
/// reader that commits only after reading the whole, or as many bytes as [#length] says, commits only
/// what was signed. After a failure every further read fails.
final class ChunkedBody extends Body {
  /// S3 allows only the last chunk to be shorter.
  private static final int SHORTEST_CHUNK_BYTES = 8192;

  private static final int LONGEST_LINE = 1024;
  private static final int MOST_TRAILERS = 16;
  private static final String SIGNATURE_EXTENSION = "chunk-signature=";
  private static final String TRAILER_SIGNATURE = "x-amz-trailer-signature";

  private final Body framed;
  private final long length;
  private final @Nullable ChunkSignatures signatures;
  private final Set<String> declared;
  private final MessageDigest digest = SigningKey.newSha256();
  private final Headers trailers = new Headers();

  private final byte[] buffer = new byte[8192];
  private int at;
  private int end;

  private long decoded;
  private int chunk;
  private long chunkSize;
  private long chunkLeft;
  private String chunkSignature = "";
  private boolean finished;
  private boolean failed;

  /// @param length of the content without its framing
  /// @param signatures null where chunks are not signed
  /// @param announced the trailer fields to come, in lower case
  ChunkedBody(
      Body framed, long length, @Nullable ChunkSignatures signatures, Set<String> declared) {
    this.framed = framed;
    this.length = length;
    this.signatures = signatures;
    this.declared = declared;
  }

  @Override
  public OptionalLong length() {
    return OptionalLong.of(length);
  }

  @Override
  public Headers trailers() {
    return trailers;
  }

  @Override
  public int read(byte[] bytes, int offset, int wanted) throws IOException {
    if (failed) {
      throw new IOException("The body has failed before");
    }
    failed = true;
    int count = wanted == 0 ? 0 : decode(bytes, offset, wanted);
    failed = false;
    return count;
  }

  private int decode(byte[] bytes, int offset, int wanted) throws IOException {
    if (chunkLeft == 0 && !finished) {
      beginChunk();
    }
    if (finished) {
      return -1;
    }
    int count = fill(bytes, offset, (int) Math.min(wanted, chunkLeft));
    if (signatures != null) {
      digest.update(bytes, offset, count);
    }
    chunkLeft -= count;
    decoded += count;
    if (chunkLeft == 0) {
      endChunk();
      if (decoded == length) {
        beginChunk(); // which must be the empty one
      }
    }
    return count;
  }

  private void beginChunk() throws IOException {
    String line = readLine();
    int semicolon = line.indexOf(';');
    long size = parseSize(semicolon < 0 ? line : line.substring(0, semicolon));
    chunkSignature = signatures == null ? "" : signatureIn(line, semicolon);
    chunk++;
    if (size > 0 && chunk > 1 && chunkSize < SHORTEST_CHUNK_BYTES) {
      throw S3SignatureError.INVALID_CHUNK_SIZE
          .with("Chunk", Integer.toString(chunk))
          .with("BadChunkSize", Long.toString(chunkSize));
    }
    if (size > length - decoded || size == 0 && decoded < length) {
      throw S3SignatureError.INCOMPLETE_BODY
          .because("The request body is not as long as x-amz-decoded-content-length says")
          .with("NumberBytesExpected", Long.toString(length))
          .with("NumberBytesProvided", Long.toString(decoded + size));
    }
    chunkSize = size;
    chunkLeft = size;
    if (size == 0) {
      checkChunkSignature();
      readTrailers();
      requireEnd();
      finished = true;
    }
  }

  private static long parseSize(String hex) {
    String digits = hex.trim();
    if (digits.isEmpty()
        || digits.length() > 15
        || !digits.chars().allMatch(c -> Character.digit(c, 16) >= 0)) {
      throw S3SignatureError.INCOMPLETE_BODY.exception();
    }
    return Long.parseLong(digits, 16);
  }

  private static String signatureIn(String line, int semicolon) {
    if (semicolon < 0 || !line.startsWith(SIGNATURE_EXTENSION, semicolon + 1)) {
      throw S3SignatureError.INCOMPLETE_BODY.because("A chunk has no chunk-signature");
    }
    return line.substring(semicolon + 1 + SIGNATURE_EXTENSION.length()).trim();
  }

  private void endChunk() throws IOException {
    if (next() != '\r' || next() != '\n') {
      throw S3SignatureError.INCOMPLETE_BODY.exception();
    }
    checkChunkSignature();
  }

  private void checkChunkSignature() {
    if (signatures != null) {
      String computed = signatures.chunk(HexFormat.of().formatHex(digest.digest()));
      if (!SigningKey.matches(computed, chunkSignature)) {
        throw S3SignatureError.SIGNATURE_DOES_NOT_MATCH.with("SignatureProvided", chunkSignature);
      }
    }
  }

  /// Reads `name:value` lines up to an empty one. Some clients leave that one out, and AWS's own
  /// example puts one between the fields and their signature; nothing hangs on either.
  private void readTrailers() throws IOException {
    StringBuilder canonical = new StringBuilder();
    String signature = "";
    boolean signed = signatures != null && !declared.isEmpty();
    while (peek() >= 0) {
      String line = readLine();
      if (line.isEmpty()) {
        if (signed && signature.isEmpty() && trailers.size() > 0 && peek() == 'x') {
          continue;
        }
        break;
      }
      int colon = line.indexOf(':');
      if (colon < 1 || trailers.size() >= MOST_TRAILERS) {
        throw S3SignatureError.MALFORMED_TRAILER.exception();
      }
      String name = line.substring(0, colon).trim().toLowerCase(Locale.ROOT);
      String value = line.substring(colon + 1).trim();
      if (name.equals(TRAILER_SIGNATURE)) {
        signature = value;
      } else {
        if (!declared.contains(name) || trailers.contains(name)) {
          throw S3SignatureError.MALFORMED_TRAILER.with("TrailerHeader", name);
        }
        trailers.add(name, value);
        canonical.append(name).append(':').append(value).append('\n');
      }
    }
    for (String name : declared) {
      if (!trailers.contains(name)) {
        throw S3SignatureError.MALFORMED_TRAILER.with("TrailerHeader", name);
      }
    }
    if (signed) {
      checkTrailerSignature(canonical.toString(), signature);
    }
  }

  private void checkTrailerSignature(String canonical, String signature) {
    String hash = SigningKey.sha256(canonical.getBytes(StandardCharsets.ISO_8859_1));
    if (signatures != null && !SigningKey.matches(signatures.trailer(hash), signature)) {
      throw S3SignatureError.SIGNATURE_DOES_NOT_MATCH.with("SignatureProvided", signature);
    }
  }

  private void requireEnd() throws IOException {
    if (peek() >= 0) {
      throw S3SignatureError.INCOMPLETE_BODY.because("Bytes follow the last chunk");
    }
  }

  /// A line without its end, which is `\r\n` or, in trailers, `\n` alone.
  private String readLine() throws IOException {
    StringBuilder line = new StringBuilder(96);
    for (int c = next(); c != '\n'; c = next()) {
      if (line.length() == LONGEST_LINE) {
        throw S3SignatureError.INCOMPLETE_BODY.because("A chunk header is too long");
      }
      line.append((char) c);
    }
    int last = line.length() - 1;
    if (last >= 0 && line.charAt(last) == '\r') {
      line.setLength(last);
    }
    return line.toString();
  }

  private int next() throws IOException {
    int c = peek();
    if (c < 0) {
      throw S3SignatureError.INCOMPLETE_BODY.exception();
    }
    at++;
    return c;
  }

  private int peek() throws IOException {
    if (at == end) {
      int count = framed.read(buffer, 0, buffer.length);
      if (count < 0) {
        return -1;
      }
      at = 0;
      end = count;
    }
    return buffer[at] & 0xFF;
  }

  /// Content, from the buffer first and then, past it, straight from the wire.
  private int fill(byte[] bytes, int offset, int wanted) throws IOException {
    if (at < end) {
      int count = Math.min(wanted, end - at);
      System.arraycopy(buffer, at, bytes, offset, count);
      at += count;
      return count;
    }
    int count = framed.read(bytes, offset, wanted);
    if (count < 0) {
      throw S3SignatureError.INCOMPLETE_BODY.exception();
    }
    return count;
  }
}
