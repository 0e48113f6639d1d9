package io.carillon.base;

import java.util.Optional;

/// An Amazon Resource Name, `arn:partition:service:region:account:resource`. Region and account are
/// empty where AWS leaves them out (buckets have neither, IAM has no region).
///
/// Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
public record Arn(
    String partition, String service, String region, String account, String resource) {

  public static Arn of(String service, Region region, AccountId account, String resource) {
    return new Arn("aws", service, region.name(), account.value(), resource);
  }

  public static Arn bucket(String bucket) {
    return new Arn("aws", "s3", "", "", bucket);
  }

  public static Arn object(String bucket, String key) {
    return new Arn("aws", "s3", "", "", bucket + "/" + key);
  }

  public static Arn iam(AccountId account, String resource) {
    return new Arn("aws", "iam", "", account.value(), resource);
  }

  public static Optional<Arn> tryParse(String text) {
    String[] part = text.split(":", 6);
    if (part.length < 6 || !part[0].equals("arn") || part[1].isEmpty() || part[2].isEmpty()) {
      return Optional.empty();
    }
    if (part[5].isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(new Arn(part[1], part[2], part[3], part[4], part[5]));
  }

  /// @throws IllegalArgumentException where the text is not an ARN
  public static Arn parse(String text) {
    return tryParse(text).orElseThrow(() -> new IllegalArgumentException("Not an ARN: " + text));
  }

  public Arn withResource(String other) {
    return new Arn(partition, service, region, account, other);
  }

  @Override
  public String toString() {
    return "arn:" + partition + ":" + service + ":" + region + ":" + account + ":" + resource;
  }
}
