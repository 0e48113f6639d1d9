package io.carillon.s3.model;

import java.util.List;
import java.util.regex.Pattern;

/// The name of a bucket, unique over all accounts.
///
/// Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
public record BucketName(String value) {
  private static final Pattern GRAMMAR = Pattern.compile("[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]");
  private static final Pattern ADDRESS = Pattern.compile("[0-9]+\\.[0-9]+\\.[0-9]+\\.[0-9]+");
  private static final List<String> RESERVED_PREFIXES = List.of("xn--", "sthree-", "amzn-s3-demo-");
  private static final List<String> RESERVED_SUFFIXES =
      List.of("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3");

  /// @throws io.carillon.aws.AwsException InvalidBucketName
  public BucketName {
    if (!isValid(value)) {
      throw S3Error.INVALID_BUCKET_NAME.with("BucketName", value);
    }
  }

  private static boolean isValid(String name) {
    return GRAMMAR.matcher(name).matches()
        && !name.contains("..")
        && !ADDRESS.matcher(name).matches()
        && RESERVED_PREFIXES.stream().noneMatch(name::startsWith)
        && RESERVED_SUFFIXES.stream().noneMatch(name::endsWith);
  }

  @Override
  public String toString() {
    return value;
  }
}
