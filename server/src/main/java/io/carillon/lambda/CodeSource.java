package io.carillon.lambda;

import io.carillon.aws.Caller;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;

/// Reads deployment packages that are not sent inline, from S3 (wired in `Server`).
@FunctionalInterface
public interface CodeSource {

  /// Opens an object. The caller's permission to read it has been checked already.
  ///
  /// @throws io.carillon.aws.AwsException if it does not exist
  InputStream open(Caller caller, String bucket, String key, Optional<String> version)
      throws IOException;
}
