package io.carillon.s3.model;

import io.carillon.store.ScanStep;
import io.carillon.store.Snapshot;
import org.jspecify.annotations.Nullable;

/// Lists a bucket's object versions and delete markers: keys in order, the newest version of each
/// first.
///
/// Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html
public final class VersionListing {
  private VersionListing() {}

  /// @param isLatest whether it is the current version of its key
  public record Version(ObjectVersion version, boolean isLatest) {}

  /// A page begins after this position.
  ///
  /// @param versionId the page begins after this version of the key; null for after all of them
  public record Marker(String key, @Nullable String versionId) {}

  /// @param marker null for the first page
  public static Listing<Version> of(
      Versions versions, Snapshot snapshot, Bucket bucket, Paging paging, @Nullable Marker marker) {
    Listing.Page<Version> page = new Listing.Page<>(bucket.name(), paging);
    if (page.room() > 0 && marker != null) {
      addRestOfKey(versions, snapshot, bucket, paging, marker, page);
    }
    if (page.room() > 0) {
      versions.scan(
          snapshot,
          page.range(Listing.After.key(marker == null ? null : marker.key(), paging)),
          page.room(),
          (key, current) -> {
            ScanStep step = page.add(key, new Version(current, true));
            return step instanceof ScanStep.Next
                ? addOlder(versions, snapshot, bucket, key, Long.MAX_VALUE, page)
                : step;
          });
    }
    return page.toListing();
  }

  private static void addRestOfKey(
      Versions versions,
      Snapshot snapshot,
      Bucket bucket,
      Paging paging,
      Marker marker,
      Listing.Page<Version> page) {
    if (marker.versionId() == null
        || marker.key().isEmpty()
        || !marker.key().startsWith(paging.prefix())
        || paging.commonPrefix(marker.key()).isPresent()) {
      return;
    }
    ObjectKey key = new ObjectKey(marker.key());
    long number = Versions.requireVersionId(marker.versionId(), "version-id-marker");
    if (number == 0) {
      number =
          versions
              .find(snapshot, bucket, key, marker.versionId())
              .map(ObjectVersion::sequence)
              .orElse(0L);
    }
    addOlder(versions, snapshot, bucket, key.value(), number, page);
  }

  private static ScanStep addOlder(
      Versions versions,
      Snapshot snapshot,
      Bucket bucket,
      String key,
      long below,
      Listing.Page<Version> page) {
    versions
        .older(snapshot, bucket.name(), key, below, page.room())
        .forEach(version -> page.add(key, new Version(version, false)));
    return ScanStep.nextIf(page.room() > 0);
  }
}
