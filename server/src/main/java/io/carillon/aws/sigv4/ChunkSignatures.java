package io.carillon.aws.sigv4;

/// The chain of signatures of a chunked body: each covers the previous one, so chunks can be
/// neither dropped nor swapped. It starts with the signature of the request's head.
///
/// Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html and
/// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
final class ChunkSignatures {
  private static final String EMPTY_HASH = SigningKey.sha256(new byte[0]);

  private final SigningKey key;
  private final String timestamp;
  private final Scope scope;
  private String previous;

  ChunkSignatures(SigningKey key, String timestamp, Scope scope, String seed) {
    this.key = key;
    this.timestamp = timestamp;
    this.scope = scope;
    this.previous = seed;
  }

  /// The next chunk's signature.
  String chunk(String hash) {
    return next(SigningKey.ALGORITHM + "-PAYLOAD", EMPTY_HASH + "\n" + hash);
  }

  /// The signature of the trailer.
  ///
  /// @param hash of all fields as `name:value`, each followed by a line feed
  String trailer(String hash) {
    return next(SigningKey.ALGORITHM + "-TRAILER", hash);
  }

  private String next(String what, String rest) {
    previous = key.sign(what + "\n" + timestamp + "\n" + scope + "\n" + previous + "\n" + rest);
    return previous;
  }
}
