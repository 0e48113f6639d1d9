package io.carillon.s3.model;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The row of one version of an object. The bytes are stored elsewhere, so that listing a bucket
/// reads small rows only.
///
/// @param versionId the string `null` for a version that was written without versioning
/// @param sequence orders the versions of a key, see [Sequence]
/// @param etag without quotes
/// @param checksum null for delete markers
public record ObjectVersion(
    String versionId,
    long sequence,
    long modifiedMillis,
    boolean deleteMarker,
    String etag,
    ContentRef content,
    @Nullable StoredChecksum checksum,
    ObjectMetadata description) {

  public static final String NULL_VERSION = "null";

  /// The part of a version that its writer determines; [Versions] adds the rest.
  public record Draft(
      String etag,
      ContentRef content,
      @Nullable StoredChecksum checksum,
      ObjectMetadata description) {}

  public long sizeBytes() {
    return content.sizeBytes();
  }

  /// The modification time as S3 shows it, to the second.
  public Instant modified() {
    return Instant.ofEpochSecond(Math.floorDiv(modifiedMillis, 1000));
  }

  public boolean hasId(String id) {
    return versionId.equals(id);
  }

  public Optional<StoredChecksum> findChecksum() {
    return Optional.ofNullable(checksum);
  }

  public ObjectVersion withTags(Map<String, String> other) {
    return new ObjectVersion(
        versionId,
        sequence,
        modifiedMillis,
        deleteMarker,
        etag,
        content,
        checksum,
        description.withTags(other));
  }
}
