package io.carillon.s3.model;

import io.carillon.base.AccountId;
import io.carillon.base.Arn;
import io.carillon.base.Region;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// The row of a bucket. Policy, tags and notification rules have rows of their own, because every
/// request reads this one.
///
/// @param account the id of the owning account
/// @param versioning null if versioning was never enabled
/// @param publicAccess null if there is no public access block, as in rows from before there was
///   one
/// @param ownership null in rows from before there were ownership controls, which means that ACLs
///   are disabled
/// @param notifies whether the bucket has notification rules; saves the look-up where it has none
/// @param constraint the location constraint of its creation if that differs from the region: `EU`
public record Bucket(
    String name,
    String account,
    String region,
    Instant created,
    @Nullable Versioning versioning,
    boolean notifies,
    @Nullable PublicAccess publicAccess,
    @Nullable Ownership ownership,
    @Nullable String constraint) {

  public enum Versioning {
    ENABLED,
    SUSPENDED
  }

  /// The public access block of a bucket.
  ///
  /// Source:
  /// https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
  ///
  /// @param blockAcls `BlockPublicAcls`: public ACLs cannot be put
  /// @param ignoreAcls `IgnorePublicAcls`: public ACLs grant nothing
  /// @param blockPolicy `BlockPublicPolicy`: public policies cannot be put
  /// @param restrict `RestrictPublicBuckets`: a public policy grants access to the owner's account
  ///   and to services only
  public record PublicAccess(
      boolean blockAcls, boolean ignoreAcls, boolean blockPolicy, boolean restrict) {
    public static final PublicAccess NONE = new PublicAccess(false, false, false, false);
    public static final PublicAccess ALL_BLOCKED = new PublicAccess(true, true, true, true);
  }

  /// Who owns objects that other accounts write, and so whether ACLs are enabled.
  ///
  /// Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
  public enum Ownership {
    BUCKET_OWNER_ENFORCED,
    BUCKET_OWNER_PREFERRED,
    OBJECT_WRITER,
    /// The ownership controls were deleted, so objects belong to their writers.
    DELETED
  }

  /// A new bucket with the default configuration.
  public static Bucket of(AccountId owner, String name, Region home, Instant created) {
    return new Bucket(name, owner.value(), home.name(), created, null, false, null, null, null);
  }

  public Bucket withRegion(Region other) {
    return new Bucket(
        name,
        account,
        other.name(),
        created,
        versioning,
        notifies,
        publicAccess,
        ownership,
        constraint);
  }

  public Arn arn() {
    return Arn.bucket(name);
  }

  public AccountId owner() {
    return new AccountId(account);
  }

  public Region home() {
    return new Region(region);
  }

  /// The `LocationConstraint` of GetBucketLocation; null for us-east-1.
  public @Nullable String locationConstraint() {
    if (constraint != null) {
      return constraint;
    }
    return home().equals(Region.US_EAST_1) ? null : region;
  }

  /// Whether a write keeps the version that it replaces.
  public boolean keepsVersions() {
    return versioning == Versioning.ENABLED;
  }

  /// Whether versioning was ever enabled, so that responses name version ids.
  public boolean everVersioned() {
    return versioning != null;
  }

  public Bucket withVersioning(Versioning now) {
    return new Bucket(
        name, account, region, created, now, notifies, publicAccess, ownership, constraint);
  }

  public Bucket withNotifies(boolean now) {
    return new Bucket(
        name, account, region, created, versioning, now, publicAccess, ownership, constraint);
  }

  /// The public access block; blocks nothing if there is none.
  public PublicAccess effectivePublicAccess() {
    return publicAccess == null ? PublicAccess.NONE : publicAccess;
  }

  /// @param now null for no public access block
  public Bucket withPublicAccess(@Nullable PublicAccess now) {
    return new Bucket(
        name, account, region, created, versioning, notifies, now, ownership, constraint);
  }

  public Ownership effectiveOwnership() {
    return ownership == null ? Ownership.BUCKET_OWNER_ENFORCED : ownership;
  }

  /// Whether the bucket owner owns all objects, so that ACLs are disabled.
  public boolean aclsDisabled() {
    return effectiveOwnership() == Ownership.BUCKET_OWNER_ENFORCED;
  }

  public Bucket withOwnership(Ownership now) {
    return new Bucket(
        name, account, region, created, versioning, notifies, publicAccess, now, constraint);
  }

  /// @param now as [#constraint]
  public Bucket withConstraint(@Nullable String now) {
    return new Bucket(
        name, account, region, created, versioning, notifies, publicAccess, ownership, now);
  }
}
