package io.carillon.aws.sigv4;

import io.carillon.http.Body;
import io.carillon.http.Headers;
import java.io.IOException;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Locale;
import java.util.OptionalLong;

/// Verifies a body against the hash that its head declares. The read that would return the last
/// byte compares first and throws on a mismatch, so a reader that stops at the declared length is
/// as safe as one that reads to the end: what it commits after reading everything was signed.
final class HashedBody extends Body {
  private final Body body;
  private final String declaredHash;
  private final MessageDigest digest = SigningKey.newSha256();
  private final long length;
  private long count;
  private boolean compared;

  private HashedBody(Body body, String declaredHash) {
    this.body = body;
    this.declaredHash = declaredHash;
    this.length = body.length().orElse(-1);
  }

  static Body of(Body body, String declaredHash) {
    HashedBody hashed = new HashedBody(body, declaredHash);
    hashed.compareAtEnd(); // an empty body may never be read
    return hashed;
  }

  @Override
  public OptionalLong length() {
    return body.length();
  }

  @Override
  public Headers trailers() {
    return body.trailers();
  }

  @Override
  public int read(byte[] bytes, int offset, int wanted) throws IOException {
    int got = body.read(bytes, offset, wanted);
    if (got < 0) {
      compare();
    } else {
      digest.update(bytes, offset, got);
      count += got;
      compareAtEnd();
    }
    return got;
  }

  private void compareAtEnd() {
    if (count == length) {
      compare();
    }
  }

  private void compare() {
    if (compared) {
      return;
    }
    String computed = HexFormat.of().formatHex(digest.digest());
    if (!SigningKey.matches(computed, declaredHash.toLowerCase(Locale.ROOT))) {
      throw S3SignatureError.X_AMZ_CONTENT_SHA256_MISMATCH
          .with("ClientComputedContentSHA256", declaredHash)
          .with("S3ComputedContentSHA256", computed);
    }
    compared = true;
  }
}
