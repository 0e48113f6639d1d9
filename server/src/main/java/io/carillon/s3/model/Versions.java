package io.carillon.s3.model;

import io.carillon.aws.AwsException;
import io.carillon.s3.model.Bucket.Versioning;
import io.carillon.s3.model.ObjectVersion.Draft;
import io.carillon.store.KeyCodec;
import io.carillon.store.Range;
import io.carillon.store.ScanStep;
import io.carillon.store.Snapshot;
import io.carillon.store.Table;
import io.carillon.store.Tuple;
import io.carillon.store.Tx;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/// The objects of all buckets, with their versions.
///
/// One table holds the current version of each key, so that reading is one look-up and listing
/// visits one row per key; a second one holds the older versions, newest first. A key with older
/// versions always has a current one (a delete marker if the object is deleted). At most one
/// version of a key is the `null` version; if it is an older one, a third table points to it.
public final class Versions {
  private record Name(String bucket, String key) {}

  private record OlderName(String bucket, String key, long sequence) {}

  private record Pointer(long sequence) {}

  /// The MD5 of no bytes, which S3 shows as the ETag of a delete marker in events.
  private static final String EMPTY_ETAG = "d41d8cd98f00b204e9800998ecf8427e";

  private static final KeyCodec<Name> NAMES =
      new KeyCodec<>(n -> Tuple.of(n.bucket(), n.key()), t -> new Name(t.string(0), t.string(1)));

  private final Table<Name, ObjectVersion> current =
      Table.of("s3.objects", NAMES, ObjectVersion.class);
  private final Table<OlderName, ObjectVersion> older =
      Table.of(
          "s3.olderVersions",
          new KeyCodec<>(
              n -> Tuple.of(n.bucket(), n.key(), Long.MAX_VALUE - n.sequence()),
              t -> new OlderName(t.string(0), t.string(1), Long.MAX_VALUE - t.number(2))),
          ObjectVersion.class);
  private final Table<Name, Pointer> olderNull =
      Table.of("s3.olderNullVersions", NAMES, Pointer.class);

  private final ContentStore contents;
  private final Sequence sequence;
  private final InstantSource clock;

  public Versions(ContentStore contents, Sequence sequence, InstantSource clock) {
    this.contents = contents;
    this.sequence = sequence;
    this.clock = clock;
  }

  /// A version that is going to be the current one.
  public record NewVersion(ObjectVersion version, Table.Encoded<ObjectVersion> row) {}

  /// What a deletion is going to do.
  public sealed interface Removal {
    /// There is nothing to delete.
    ///
    /// @param sequence orders the attempt among the key's events
    record Nothing(long sequence) implements Removal {}

    /// A version is deleted permanently.
    ///
    /// @param sequence orders the deletion among the key's events
    record Gone(ObjectVersion version, long sequence) implements Removal {}

    /// A delete marker hides the object.
    record Hidden(NewVersion marker) implements Removal {}
  }

  /// The name of the version id parameter, in requests and errors.
  public static final String VERSION_ID = "versionId";

  /// The current version, which may be a delete marker.
  public Optional<ObjectVersion> head(Snapshot snapshot, Bucket bucket, ObjectKey key) {
    return current.get(snapshot, new Name(bucket.name(), key.value()));
  }

  /// The current version, unless it is a delete marker.
  public Optional<ObjectVersion> live(Snapshot snapshot, Bucket bucket, ObjectKey key) {
    return head(snapshot, bucket, key).filter(v -> !v.deleteMarker());
  }

  /// @throws AwsException InvalidArgument for a version id that was never issued
  public Optional<ObjectVersion> find(
      Snapshot snapshot, Bucket bucket, ObjectKey key, String versionId) {
    Optional<ObjectVersion> found = lookUp(snapshot, bucket, key, versionId);
    if (found.isEmpty() && !versionId.equals(ObjectVersion.NULL_VERSION)) {
      requireGenuine(versionId);
    }
    return found;
  }

  private Optional<ObjectVersion> lookUp(
      Snapshot snapshot, Bucket bucket, ObjectKey key, String versionId) {
    long number = requireVersionId(versionId);
    Optional<ObjectVersion> head = head(snapshot, bucket, key);
    if (head.isEmpty() || head.get().hasId(versionId)) {
      return head;
    }
    Name name = new Name(bucket.name(), key.value());
    if (versionId.equals(ObjectVersion.NULL_VERSION)) {
      return olderNull.get(snapshot, name).flatMap(p -> older(snapshot, name, p.sequence()));
    }
    return older(snapshot, name, number).filter(v -> v.hasId(versionId));
  }

  /// Plans a version with the content of `draft`.
  public NewVersion plan(Snapshot snapshot, Bucket bucket, ObjectKey key, Draft draft) {
    return plan(snapshot, bucket, key, false, draft);
  }

  private NewVersion plan(
      Snapshot snapshot, Bucket bucket, ObjectKey key, boolean deleteMarker, Draft draft) {
    long number = sequence.draw(snapshot, bucket, key);
    ObjectVersion version =
        new ObjectVersion(
            bucket.versioning() == Versioning.ENABLED
                ? VersionIds.create(number, ThreadLocalRandom.current())
                : ObjectVersion.NULL_VERSION,
            number,
            clock.millis(),
            deleteMarker,
            draft.etag(),
            draft.content(),
            draft.checksum(),
            draft.description());
    return new NewVersion(version, current.encoded(version));
  }

  /// Makes a planned version the current one.
  public void put(Tx tx, Bucket bucket, ObjectKey key, NewVersion planned) {
    Name name = new Name(bucket.name(), key.value());
    Optional<ObjectVersion> replaced = current.get(tx, name);
    sequence.take(
        tx,
        bucket,
        key,
        planned.version().sequence(),
        replaced.map(ObjectVersion::sequence).orElse(0L));
    boolean keeps = bucket.versioning() == Versioning.ENABLED;
    replaced.ifPresent(
        version -> {
          if (keeps || !version.hasId(ObjectVersion.NULL_VERSION)) {
            demote(tx, name, version);
          } else {
            contents.release(tx, version.content());
          }
        });
    if (bucket.versioning() == Versioning.SUSPENDED) {
      removeOlderNull(tx, name);
    }
    current.put(tx, name, planned.row());
  }

  /// Replaces the row of a version that exists, as when its tags change.
  public void replace(Tx tx, Bucket bucket, ObjectKey key, ObjectVersion version) {
    Name name = new Name(bucket.name(), key.value());
    boolean isCurrent =
        current.get(tx, name).filter(v -> v.sequence() == version.sequence()).isPresent();
    if (isCurrent) {
      current.put(tx, name, version);
    } else {
      older.put(tx, new OlderName(name.bucket(), name.key(), version.sequence()), version);
    }
  }

  /// Plans the deletion of a version or, without a version id, of the object: permanently if the
  /// bucket was never versioned, else by a delete marker.
  ///
  /// @throws AwsException InvalidArgument for a version id that was never issued
  public Removal planRemoval(
      Snapshot snapshot, Bucket bucket, ObjectKey key, @Nullable String versionId) {
    if (versionId == null && bucket.everVersioned()) {
      Draft nothing = new Draft(EMPTY_ETAG, ContentRef.NONE, null, ObjectMetadata.NONE);
      return new Removal.Hidden(plan(snapshot, bucket, key, true, nothing));
    }
    Optional<ObjectVersion> found =
        versionId == null ? head(snapshot, bucket, key) : find(snapshot, bucket, key, versionId);
    long number = sequence.draw(snapshot, bucket, key);
    return found.isEmpty() ? new Removal.Nothing(number) : new Removal.Gone(found.get(), number);
  }

  /// Deletes as planned. When a current version is deleted permanently, the newest of the rest
  /// becomes the current one.
  public void remove(Tx tx, Bucket bucket, ObjectKey key, Removal planned) {
    switch (planned) {
      case Removal.Hidden(NewVersion marker) -> put(tx, bucket, key, marker);
      case Removal.Nothing(long number) ->
          sequence.takeForRemoval(tx, bucket, key, number, headNumber(tx, bucket, key));
      case Removal.Gone(ObjectVersion version, long number) -> {
        long head = headNumber(tx, bucket, key);
        sequence.takeForRemoval(tx, bucket, key, number, head);
        contents.release(tx, version.content());
        Name name = new Name(bucket.name(), key.value());
        if (head == version.sequence()) {
          removeCurrent(tx, bucket, name);
        } else {
          removeOlder(tx, name, version);
        }
      }
    }
  }

  private long headNumber(Tx tx, Bucket bucket, ObjectKey key) {
    return head(tx, bucket, key).map(ObjectVersion::sequence).orElse(0L);
  }

  private void removeCurrent(Tx tx, Bucket bucket, Name name) {
    Optional<ObjectVersion> next =
        bucket.everVersioned() ? newestOlder(tx, name) : Optional.empty();
    if (next.isPresent()) {
      removeOlder(tx, name, next.get());
      current.put(tx, name, next.get());
    } else {
      current.delete(tx, name);
    }
  }

  /// Visits the current versions in key order, delete markers included.
  ///
  /// @param page as in [Table#scan]
  void scan(Snapshot snapshot, Range range, int page, Visitor visitor) {
    current.scan(snapshot, range, page, (name, version) -> visitor.visit(name.key(), version));
  }

  /// The versions of one key except the current one, newest first.
  ///
  /// @param below only those whose sequence number is below this
  public List<ObjectVersion> older(
      Snapshot snapshot, String bucket, String key, long below, int limit) {
    Range range = Range.within(Tuple.of(bucket, key));
    if (below != Long.MAX_VALUE) {
      range = range.after(Tuple.of(bucket, key, Long.MAX_VALUE - below));
    }
    return older.list(snapshot, range, limit).stream().map(Table.Entry::value).toList();
  }

  public boolean isEmpty(Snapshot snapshot, Bucket bucket) {
    return current.list(snapshot, Range.within(Tuple.of(bucket.name())), 1).isEmpty();
  }

  /// @return the number within the id; 0 for the null version
  private static long requireVersionId(String versionId) {
    return requireVersionId(versionId, VERSION_ID);
  }

  /// @param argument the parameter of the id, for the error
  /// @return the number within the id; 0 for the null version
  static long requireVersionId(String versionId, String argument) {
    if (versionId.equals(ObjectVersion.NULL_VERSION)) {
      return 0;
    }
    return VersionIds.sequenceOf(versionId)
        .orElseThrow(() -> invalidVersionId(versionId, argument));
  }

  private static void requireGenuine(String versionId) {
    if (!VersionIds.isGenuine(versionId)) {
      throw invalidVersionId(versionId, VERSION_ID);
    }
  }

  private static AwsException invalidVersionId(String versionId, String argument) {
    return S3Error.INVALID_ARGUMENT
        .because(
            versionId.isEmpty()
                ? "Version id cannot be the empty string"
                : "Invalid version id specified")
        .with("ArgumentName", argument)
        .with("ArgumentValue", versionId);
  }

  /// Visits one key with its current version; says how the scan goes on.
  @FunctionalInterface
  interface Visitor {
    ScanStep visit(String key, ObjectVersion version);
  }

  private void demote(Tx tx, Name name, ObjectVersion version) {
    older.put(tx, new OlderName(name.bucket(), name.key(), version.sequence()), version);
    if (version.hasId(ObjectVersion.NULL_VERSION)) {
      olderNull.put(tx, name, new Pointer(version.sequence()));
    }
  }

  private void removeOlderNull(Tx tx, Name name) {
    olderNull
        .get(tx, name)
        .flatMap(pointer -> older(tx, name, pointer.sequence()))
        .ifPresent(
            version -> {
              contents.release(tx, version.content());
              removeOlder(tx, name, version);
            });
  }

  private void removeOlder(Tx tx, Name name, ObjectVersion version) {
    older.delete(tx, new OlderName(name.bucket(), name.key(), version.sequence()));
    if (version.hasId(ObjectVersion.NULL_VERSION)) {
      olderNull.delete(tx, name);
    }
  }

  private Optional<ObjectVersion> newestOlder(Snapshot snapshot, Name name) {
    return older(snapshot, name.bucket(), name.key(), Long.MAX_VALUE, 1).stream().findFirst();
  }

  private Optional<ObjectVersion> older(Snapshot snapshot, Name name, long number) {
    return older.get(snapshot, new OlderName(name.bucket(), name.key(), number));
  }
}
