package io.carillon.s3.model;

import io.carillon.aws.checksum.ChecksumAlgorithm;
import io.carillon.store.Database;
import io.carillon.store.KeyCodec;
import io.carillon.store.Range;
import io.carillon.store.Snapshot;
import io.carillon.store.Table;
import io.carillon.store.Tuple;
import io.carillon.store.Tx;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Multipart uploads in progress and their parts.
public final class Uploads {
  /// How many parts one transaction releases; a longer one would block all other writers.
  private static final int PARTS_PER_TRANSACTION = 500;

  /// The row of an upload.
  ///
  /// @param initiator the ARN of the principal that created it
  /// @param algorithm the checksum algorithm that its parts must use; null if the creator named
  ///   none
  /// @param type of the checksum that the object will have
  /// @param begunOn the sequence number that the object of this key had at creation, 0 if there was
  ///   none; null in rows from before this was stored
  public record Upload(
      String id,
      long initiatedMillis,
      String initiator,
      ObjectMetadata description,
      @Nullable ChecksumAlgorithm algorithm,
      StoredChecksum.Type type,
      @Nullable Long begunOn) {
    public Instant initiated() {
      return Instant.ofEpochSecond(Math.floorDiv(initiatedMillis, 1000));
    }

    /// The checksum algorithm of the completed object.
    public ChecksumAlgorithm algorithmOfObject() {
      return algorithm == null ? ChecksumAlgorithm.CRC64NVME : algorithm;
    }
  }

  /// The row of a part.
  public record UploadedPart(Part part, long modifiedMillis) {
    public Instant modified() {
      return Instant.ofEpochSecond(Math.floorDiv(modifiedMillis, 1000));
    }
  }

  /// The key of an upload's row. Ids begin with the time, so the uploads of a key are sorted by
  /// creation.
  public record Name(String bucket, String key, String id) {
    Tuple tuple() {
      return Tuple.of(bucket, key, id);
    }
  }

  private record PartName(String upload, int number) {}

  /// @param by the completion that read the parts last
  private record Seal(String by) {}

  private final Table<Name, Upload> uploads =
      Table.of(
          "s3.uploads",
          new KeyCodec<>(Name::tuple, t -> new Name(t.string(0), t.string(1), t.string(2))),
          Upload.class);
  private final Table<PartName, UploadedPart> parts =
      Table.of(
          "s3.uploadedParts",
          new KeyCodec<>(
              n -> Tuple.of(n.upload(), n.number()),
              t -> new PartName(t.string(0), (int) t.number(1))),
          UploadedPart.class);

  /// Optimistic locks: an upload has a seal while its parts are unchanged since a completion began
  /// to read them.
  private final Table<String, Seal> seals = Table.of("s3.uploadSeals", KeyCodec.STRING, Seal.class);

  private final ContentStore contents;

  public Uploads(ContentStore contents) {
    this.contents = contents;
  }

  public void begin(Tx tx, Bucket bucket, ObjectKey key, Upload upload) {
    uploads.put(tx, new Name(bucket.name(), key.value(), upload.id()), upload);
  }

  public Optional<Upload> find(Snapshot snapshot, Bucket bucket, ObjectKey key, String id) {
    return uploads.get(snapshot, new Name(bucket.name(), key.value(), id));
  }

  /// @throws io.carillon.aws.AwsException NoSuchUpload
  public Upload require(Snapshot snapshot, Bucket bucket, ObjectKey key, String id) {
    return find(snapshot, bucket, key, id)
        .orElseThrow(() -> S3Error.NO_SUCH_UPLOAD.with("UploadId", id));
  }

  /// Adds a part, replacing an earlier one with the same number.
  public void put(Tx tx, Upload upload, UploadedPart part) {
    PartName name = new PartName(upload.id(), part.part().number());
    parts.get(tx, name).ifPresent(earlier -> contents.release(tx, earlier.part().content()));
    parts.put(tx, name, part);
    seals.delete(tx, upload.id());
  }

  /// Sets the seal of an upload for a completion, which then reads the parts outside the write
  /// transaction, since a transaction that read ten thousand rows would block all others. A new
  /// part removes the seal.
  public void seal(Tx tx, Upload upload, String by) {
    seals.put(tx, upload.id(), new Seal(by));
  }

  /// Whether the parts are unchanged since the completion `by` sealed the upload.
  public boolean isSealed(Tx tx, Upload upload, String by) {
    return seals.get(tx, upload.id()).filter(new Seal(by)::equals).isPresent();
  }

  /// The parts in the order of their numbers.
  ///
  /// @param after only those whose number is above this
  public List<UploadedPart> parts(Snapshot snapshot, Upload upload, int after, int limit) {
    Range range = Range.within(Tuple.of(upload.id()));
    if (after > 0) {
      range = range.after(Tuple.of(upload.id(), after));
    }
    return parts.list(snapshot, range, limit).stream().map(Table.Entry::value).toList();
  }

  /// Ends an upload: the used parts now belong to an object, the unused ones are deleted.
  public void complete(
      Tx tx, Bucket bucket, ObjectKey key, Upload upload, List<Part> used, List<Part> unused) {
    used.forEach(part -> parts.delete(tx, new PartName(upload.id(), part.number())));
    unused.forEach(part -> drop(tx, upload.id(), part));
    seals.delete(tx, upload.id());
    uploads.delete(tx, new Name(bucket.name(), key.value(), upload.id()));
  }

  /// Deletes an upload and its parts in batches; after a crash, it can be aborted again.
  public void abort(Database database, Name name) {
    boolean more = true;
    while (more) {
      more = database.write(tx -> abortSome(tx, name));
    }
  }

  private boolean abortSome(Tx tx, Name name) {
    Optional<Upload> upload = uploads.get(tx, name);
    if (upload.isEmpty()) {
      return false;
    }
    List<UploadedPart> some = parts(tx, upload.get(), 0, PARTS_PER_TRANSACTION);
    some.forEach(part -> drop(tx, upload.get().id(), part.part()));
    if (some.size() == PARTS_PER_TRANSACTION) {
      return true;
    }
    seals.delete(tx, name.id());
    uploads.delete(tx, name);
    return false;
  }

  private void drop(Tx tx, String upload, Part part) {
    contents.release(tx, part.content());
    parts.delete(tx, new PartName(upload, part.number()));
  }

  /// Uploads in the order of their keys.
  public List<Name> list(Snapshot snapshot, Bucket bucket, int limit) {
    return uploads.list(snapshot, Range.within(Tuple.of(bucket.name())), limit).stream()
        .map(Table.Entry::key)
        .toList();
  }

  /// A page of uploads; keys with a delimiter after the prefix are grouped into common prefixes.
  ///
  /// @param truncated whether there is more
  public record Listing(List<Entry> entries, boolean truncated) {
    /// An entry of a page.
    public sealed interface Entry {
      record InProgress(Name name, Upload upload) implements Entry {}

      record CommonPrefix(String text) implements Entry {}
    }
  }

  /// @param keyMarker list only uploads after this key, or after one upload of it; empty for the
  ///   first page
  public Listing list(
      Snapshot snapshot,
      Bucket bucket,
      String prefix,
      @Nullable String delimiter,
      String keyMarker,
      @Nullable String uploadIdMarker,
      int limit) {
    List<Listing.Entry> entries = new ArrayList<>();
    Tuple parent = Tuple.of(bucket.name());
    Range all = Range.withPrefix(parent, prefix);
    Range rest = all;
    if (!keyMarker.isEmpty()) {
      boolean wholePrefix =
          KeyListing.commonPrefix(keyMarker, prefix, delimiter)
              .filter(keyMarker::equals)
              .isPresent();
      rest =
          wholePrefix
              ? all.afterPrefix(parent, keyMarker)
              : uploadIdMarker == null || uploadIdMarker.isEmpty()
                  ? all.after(Tuple.of(bucket.name(), keyMarker))
                  : all.after(Tuple.of(bucket.name(), keyMarker, uploadIdMarker));
    }
    while (entries.size() <= limit) {
      boolean[] rolledUp = {false};
      uploads.scan(
          snapshot,
          rest,
          (name, upload) -> {
            Optional<String> common = KeyListing.commonPrefix(name.key(), prefix, delimiter);
            rolledUp[0] = common.isPresent();
            entries.add(
                common.isPresent()
                    ? new Listing.Entry.CommonPrefix(common.get())
                    : new Listing.Entry.InProgress(name, upload));
            return !rolledUp[0] && entries.size() <= limit;
          });
      if (!(rolledUp[0] && entries.getLast() instanceof Listing.Entry.CommonPrefix(String text))) {
        break;
      }
      rest = all.afterPrefix(parent, text);
    }
    return entries.size() > limit
        ? new Listing(List.copyOf(entries.subList(0, limit)), limit > 0)
        : new Listing(List.copyOf(entries), false);
  }
}
