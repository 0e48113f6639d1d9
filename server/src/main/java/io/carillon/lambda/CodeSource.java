package io.carillon.lambda;

import io.carillon.aws.Caller;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;

/// Where packages lie that are not sent inline: S3, in `Server`'s wiring.
@FunctionalInterface
public interface CodeSource {

  /// Opens an object. That the caller may read it has been checked.
  ///
  /// @throws io.carillon.aws.AwsException where it is not there
  InputStream open(Caller caller, String bucket, String key, Optional<String> version)
      throws IOException;
}
