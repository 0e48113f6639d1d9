package io.carillon.s3;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;

/// The `Location` of buckets and objects in responses: on the host of the request, whose name may
/// include the bucket.
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
