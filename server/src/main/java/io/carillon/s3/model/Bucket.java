package io.carillon.s3.model;

import io.carillon.base.AccountId;
import io.carillon.base.Arn;
import io.carillon.base.Region;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// A bucket as its row holds it. Policy, tags and notification rules have rows of their own: this
/// one is read by every request.
///
/// @param account whose it is
/// @param versioning null where it was never switched on
/// @param publicAccess null where it has no public access block, as buckets of old
/// @param ownership null for buckets of old: there were no ACLs
/// @param notifies whether it has notification rules, so that others need not look for them
/// @param constraint the location constraint it was created with, where that is not its region:
///   `EU`
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

  /// Which public access is blocked.
  ///
  /// Source:
  /// https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
  ///
  /// @param blockAcls no ACL may be put that grants to the public
  /// @param ignoreAcls such ACLs grant nothing
  /// @param blockPolicy no policy may be put that grants to the public
  /// @param restrict a policy that grants to the public grants to the owner's account and to
  ///   services only
  public record PublicAccess(
      boolean blockAcls, boolean ignoreAcls, boolean blockPolicy, boolean restrict) {
    public static final PublicAccess NONE = new PublicAccess(false, false, false, false);
    public static final PublicAccess ALL_BLOCKED = new PublicAccess(true, true, true, true);
  }

  /// Whose the objects of others are, and so whether there are ACLs.
  ///
  /// Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
  public enum Ownership {
    BUCKET_OWNER_ENFORCED,
    BUCKET_OWNER_PREFERRED,
    OBJECT_WRITER,
    /// The ownership controls were deleted, which leaves objects to their writers.
    DELETED
  }

  /// A bucket as no configuration has changed it.
  public static Bucket of(AccountId owner, String name, Region home, Instant created) {
    return new Bucket(name, owner.value(), home.name(), created, null, false, null, null, null);
  }

  public Bucket in(Region other) {
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

  /// What GetBucketLocation answers; null for us-east-1.
  public @Nullable String locationConstraint() {
    if (constraint != null) {
      return constraint;
    }
    return home().equals(Region.US_EAST_1) ? null : region;
  }

  /// Whether a write keeps what it replaces.
  public boolean keepsVersions() {
    return versioning == Versioning.ENABLED;
  }

  /// Whether answers name version ids.
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

  /// What is blocked; nothing where there is no public access block.
  public PublicAccess blocked() {
    return publicAccess == null ? PublicAccess.NONE : publicAccess;
  }

  /// @param now null to have no public access block
  public Bucket withPublicAccess(@Nullable PublicAccess now) {
    return new Bucket(
        name, account, region, created, versioning, notifies, now, ownership, constraint);
  }

  public Ownership owning() {
    return ownership == null ? Ownership.BUCKET_OWNER_ENFORCED : ownership;
  }

  /// Whether all objects are the bucket owner's, and ACLs are off.
  public boolean ownsAll() {
    return owning() == Ownership.BUCKET_OWNER_ENFORCED;
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
