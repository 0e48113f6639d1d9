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
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Multipart uploads in progress and their parts.
///
/// An upload may have ten thousand parts, and a transaction that deleted them all would block all
/// other writers. So an upload ends in one small transaction, after which nobody finds it, and a
/// row says which of its parts belong to no object. The parts are dropped afterwards, in pieces;
/// each notes how far it came in the transaction that drops them.
public final class Uploads {
  /// How many parts one transaction drops.
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

  /// The row of an upload that has ended and whose parts still have rows.
  ///
  /// @param unused the numbers of the parts that belong to no object; null if that is all of them
  /// @param after the number of the last part that was dropped
  private record Ended(@Nullable List<Integer> unused, int after) {}

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

  private final Table<String, Ended> ended =
      Table.of("s3.endedUploads", KeyCodec.STRING, Ended.class);

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
    return parts(snapshot, upload.id(), after, limit);
  }

  private List<UploadedPart> parts(Snapshot snapshot, String id, int after, int limit) {
    Range range = Range.within(Tuple.of(id));
    if (after > 0) {
      range = range.after(Tuple.of(id, after));
    }
    return parts.list(snapshot, range, limit).stream().map(Table.Entry::value).toList();
  }

  /// Ends an upload whose parts now belong to an object.
  ///
  /// @param unused the numbers of the parts that do not
  public void complete(Tx tx, Bucket bucket, ObjectKey key, Upload upload, List<Integer> unused) {
    end(tx, new Name(bucket.name(), key.value(), upload.id()), new Ended(unused, 0));
  }

  /// Ends an upload and deletes all its parts; false if there is no such upload.
  public boolean abort(Tx tx, Name name) {
    if (uploads.get(tx, name).isEmpty()) {
      return false;
    }
    end(tx, name, new Ended(null, 0));
    return true;
  }

  private void end(Tx tx, Name name, Ended how) {
    seals.delete(tx, name.id());
    uploads.delete(tx, name);
    ended.put(tx, name.id(), how);
  }

  /// Drops the parts of ended uploads in pieces. Called periodically.
  public void sweep(Database database) {
    new Backlog(ended).workOff(database, id -> drop(database, id));
  }

  private void drop(Database database, String id) {
    Optional<Ended> seen = database.read(snapshot -> ended.get(snapshot, id));
    while (seen.isPresent()) {
      dropSome(database, id, seen.get());
      seen = database.read(snapshot -> ended.get(snapshot, id));
    }
  }

  /// An ended upload gets no parts, so what was read before the transaction is what is there,
  /// unless another node has dropped some since.
  private void dropSome(Database database, String id, Ended seen) {
    List<UploadedPart> some =
        database.read(snapshot -> parts(snapshot, id, seen.after(), PARTS_PER_TRANSACTION));
    Set<Integer> unused = seen.unused() == null ? Set.of() : Set.copyOf(seen.unused());
    database.writeRelaxed(
        tx -> {
          if (!ended.get(tx, id).equals(Optional.of(seen))) {
            return false;
          }
          for (UploadedPart part : some) {
            int number = part.part().number();
            if (seen.unused() == null || unused.contains(number)) {
              contents.release(tx, part.part().content());
            }
            parts.delete(tx, new PartName(id, number));
          }
          if (some.size() < PARTS_PER_TRANSACTION) {
            ended.delete(tx, id);
          } else {
            ended.put(tx, id, new Ended(seen.unused(), some.getLast().part().number()));
          }
          return true;
        });
  }

  /// Uploads in the order of their keys.
  public List<Name> list(Snapshot snapshot, Bucket bucket, int limit) {
    return uploads.list(snapshot, Range.within(Tuple.of(bucket.name())), limit).stream()
        .map(Table.Entry::key)
        .toList();
  }

  /// A page of uploads, those of a key in the order of their creation.
  ///
  /// @param keyMarker list only uploads after this key, or after one upload of it; empty for the
  ///   first page
  /// @param uploadIdMarker which upload of the key; empty for all of them
  public Listing<Upload> list(
      Snapshot snapshot, Bucket bucket, Paging paging, String keyMarker, String uploadIdMarker) {
    Listing.Page<Upload> page = new Listing.Page<>(bucket.name(), paging);
    Listing.After after = Listing.After.key(keyMarker, paging);
    Range range =
        keyMarker.isEmpty() || uploadIdMarker.isEmpty() || after.wholePrefix()
            ? page.range(after)
            : page.range().after(Tuple.of(bucket.name(), keyMarker, uploadIdMarker));
    if (page.room() > 0) {
      uploads.scan(snapshot, range, page.room(), (name, upload) -> page.add(name.key(), upload));
    }
    return page.toListing();
  }
}
