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
/// @param notifies whether it has notification rules, so that others need not look for them
public record Bucket(
    String name,
    String account,
    String region,
    Instant created,
    @Nullable Versioning versioning,
    boolean notifies) {

  public enum Versioning {
    ENABLED,
    SUSPENDED
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

  /// Whether a write keeps what it replaces.
  public boolean keepsVersions() {
    return versioning == Versioning.ENABLED;
  }

  /// Whether answers name version ids.
  public boolean everVersioned() {
    return versioning != null;
  }

  public Bucket withVersioning(Versioning now) {
    return new Bucket(name, account, region, created, now, notifies);
  }

  public Bucket withNotifies(boolean now) {
    return new Bucket(name, account, region, created, versioning, now);
  }
}
