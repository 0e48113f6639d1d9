package io.carillon.s3.model;

import io.carillon.aws.Caller;
import io.carillon.store.KeyCodec;
import io.carillon.store.Range;
import io.carillon.store.ScanStep;
import io.carillon.store.Snapshot;
import io.carillon.store.Table;
import io.carillon.store.Tuple;
import io.carillon.store.Tx;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The buckets of all accounts, which share one namespace.
public final class Buckets {
  /// The kind of the guard of a bucket with its policy, rules, tags and settings.
  public static final String GUARD = "s3.bucket";

  private static final int MAX_PER_ACCOUNT = 10_000;

  private record OwnedBucket(String account, String bucket) {}

  private record Ownership(String region) {}

  private final Table<String, Bucket> buckets =
      Table.cached("s3.buckets", KeyCodec.STRING, Bucket.class).guardedBy(GUARD, 1);
  private final Table<OwnedBucket, Ownership> byOwner =
      Table.of(
          "s3.bucketsByOwner",
          new KeyCodec<>(
              o -> Tuple.of(o.account(), o.bucket()),
              t -> new OwnedBucket(t.string(0), t.string(1))),
          Ownership.class);

  public Optional<Bucket> find(Snapshot snapshot, String name) {
    return buckets.get(snapshot, name);
  }

  /// The bucket, whatever its region.
  ///
  /// @throws io.carillon.aws.AwsException NoSuchBucket; AccessDenied if the owner is not
  ///   `expectedOwner` (`x-amz-expected-bucket-owner`)
  public Bucket requireAnywhere(Snapshot snapshot, String name, @Nullable String expectedOwner) {
    Bucket bucket =
        find(snapshot, name).orElseThrow(() -> S3Error.NO_SUCH_BUCKET.with("BucketName", name));
    if (expectedOwner != null && !expectedOwner.equals(bucket.account())) {
      throw S3Error.ACCESS_DENIED.exception();
    }
    return bucket;
  }

  /// The bucket, which must be in the region that the request was signed for. A signature for
  /// another region stands for a call of that region's endpoint on AWS, which answers with a
  /// redirect. SDKs that follow buckets across regions read `x-amz-bucket-region`.
  ///
  /// @throws io.carillon.aws.AwsException as [#requireAnywhere]; PermanentRedirect
  public Bucket require(
      Snapshot snapshot, Caller caller, String name, @Nullable String expectedOwner) {
    Bucket bucket = requireAnywhere(snapshot, name, expectedOwner);
    if (caller.boundToRegion() && !caller.region().name().equals(bucket.region())) {
      throw S3Error.PERMANENT_REDIRECT
          .because(
              S3Error.PERMANENT_REDIRECT.message() + " The bucket is in " + bucket.region() + ".")
          .with("Bucket", name)
          .with("Endpoint", "s3." + bucket.region() + ".amazonaws.com")
          .withHeader("x-amz-bucket-region", bucket.region());
    }
    return bucket;
  }

  /// Whether the account has reached its bucket quota.
  ///
  /// Source: https://docs.aws.amazon.com/general/latest/gr/s3.html
  public boolean isFull(Snapshot snapshot, String account) {
    return byOwner.list(snapshot, Range.within(Tuple.of(account)), MAX_PER_ACCOUNT).size()
        == MAX_PER_ACCOUNT;
  }

  public void put(Tx tx, Bucket bucket) {
    buckets.put(tx, bucket.name(), bucket);
    byOwner.put(
        tx, new OwnedBucket(bucket.account(), bucket.name()), new Ownership(bucket.region()));
  }

  /// Deletes the bucket's own row, after everything else of it.
  public void delete(Tx tx, Bucket bucket) {
    buckets.delete(tx, bucket.name());
    buckets.guard(bucket.name()).retire(tx);
    byOwner.delete(tx, new OwnedBucket(bucket.account(), bucket.name()));
  }

  /// An account's buckets in the order of their names.
  ///
  /// @param after list only names after this one; empty for all
  /// @param region only those of this region; null for all
  public List<Bucket> list(
      Snapshot snapshot,
      String account,
      String prefix,
      String after,
      @Nullable String region,
      int limit) {
    Range range = Range.withPrefix(Tuple.of(account), prefix);
    if (!after.isEmpty()) {
      range = range.after(Tuple.of(account, after));
    }
    List<String> names = new ArrayList<>();
    byOwner.scan(
        snapshot,
        range,
        limit,
        (owned, ownership) -> {
          if (region == null || region.equals(ownership.region())) {
            names.add(owned.bucket());
          }
          return ScanStep.nextIf(names.size() < limit);
        });
    return buckets.getAll(snapshot, names).stream().map(Table.Entry::value).toList();
  }
}
