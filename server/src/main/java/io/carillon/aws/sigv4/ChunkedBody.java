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

/// Decodes a body with `aws-chunked` framing, which is not HTTP's chunked coding but inside of it:
///
///     10000;chunk-signature=ad80…⏎ 65,536 bytes ⏎ 0;chunk-signature=b6c6…⏎
///     x-amz-checksum-crc32c:sOO8/Q==⏎ x-amz-trailer-signature:d81f…⏎ ⏎
///
/// A signature precedes its chunk and covers all of it, and chunks may have any size, so bytes are
/// returned before their signature is verified; otherwise a whole chunk would have to be buffered.
/// The guarantee is weaker but sufficient: **no reader gets the last byte of a chunk with a wrong
/// signature, nor the last byte of a body with an invalid end.** The read that would return it
/// throws instead, after it has read the last chunk, the trailer and the end of the stream. So a
/// reader that commits only after it has read everything, or as many bytes as [#length] states,
/// commits only signed bytes. After a failure every further read fails.
final class ChunkedBody extends Body {
  /// S3 allows only the last chunk to be shorter.
  private static final int MIN_CHUNK_BYTES = 8192;

  private static final int MAX_LINE_BYTES = 1024;
  private static final int MAX_TRAILERS = 16;
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
  /// @param declared the expected trailer fields, in lower case
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
      throw new IOException("An earlier read of the body failed");
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
        beginChunk(); // the final, empty one
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
    if (size > 0 && chunk > 1 && chunkSize < MIN_CHUNK_BYTES) {
      throw S3SignatureError.INVALID_CHUNK_SIZE
          .with("Chunk", Integer.toString(chunk))
          .with("BadChunkSize", Long.toString(chunkSize));
    }
    if (size > length - decoded || (size == 0 && decoded < length)) {
      throw S3SignatureError.INCOMPLETE_BODY
          .because("The length of the request body differs from x-amz-decoded-content-length")
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

  /// Reads `name:value` lines up to an empty one. Some clients omit that line, and AWS's own
  /// example puts one between the fields and their signature; both are accepted.
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
      if (colon < 1 || trailers.size() >= MAX_TRAILERS) {
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
      if (line.length() == MAX_LINE_BYTES) {
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

  /// Reads content from the buffer first, and then straight from the wire.
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
