package io.carillon.s3;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;

/// Where buckets and objects are, in the words of answers: on the host that the client asked, which
/// may have the bucket in its name.
final class Locations {
  private Locations() {}

  /// @param origin such as `http://localhost:4566`
  static String bucket(String origin, String bucket) {
    String host = origin.substring(origin.indexOf("://") < 0 ? 0 : origin.indexOf("://") + 3);
    return host.startsWith(bucket + ".") ? origin + "/" : origin + "/" + bucket + "/";
  }

  /// The key is one segment: its slashes are encoded as well.
  static String object(String origin, String bucket, String key) {
    return bucket(origin, bucket)
        + URLEncoder.encode(key, StandardCharsets.UTF_8).replace("+", "%20");
  }
}
