package io.carillon.lambda.runtime;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Map;

/// What an execution environment runs: one revision of a function version.
///
/// @param arn the function's ARN without a qualifier
/// @param version a number, or `$LATEST`
/// @param revision changes with code and configuration; environments of other revisions are retired
/// @param runtime as AWS names it, such as `python3.12`
/// @param architecture the configured one: `x86_64` or `arm64`
/// @param environment the user's own variables
public record FunctionSpec(
    String arn,
    String account,
    String region,
    String name,
    String version,
    String revision,
    String runtime,
    String architecture,
    String handler,
    int memoryMb,
    int temporaryMb,
    Duration timeout,
    Map<String, String> environment,
    String roleArn,
    String logGroup,
    Code code) {

  /// A deployment package.
  ///
  /// @param sha256 of the archive, in hexadecimal digits; the key of the unpacked copy
  public record Code(String sha256, Archive archive) {}

  /// Opens the zip archive.
  @FunctionalInterface
  public interface Archive {
    InputStream open() throws IOException;
  }
}
