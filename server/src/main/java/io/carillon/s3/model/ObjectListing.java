package io.carillon.s3.model;

import io.carillon.store.ScanStep;
import io.carillon.store.Snapshot;

/// Lists a bucket's objects, without those that a delete marker hides.
public final class ObjectListing {
  private ObjectListing() {}

  public static Listing<ObjectVersion> of(
      Versions versions, Snapshot snapshot, String bucket, Paging paging, Listing.After after) {
    Listing.Page<ObjectVersion> page = new Listing.Page<>(bucket, paging);
    if (page.room() > 0) {
      versions.scan(
          snapshot,
          page.range(after),
          page.room(),
          (key, version) -> version.deleteMarker() ? ScanStep.NEXT : page.add(key, version));
    }
    return page.toListing();
  }
}
