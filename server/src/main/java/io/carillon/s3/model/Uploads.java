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

/// Multipart uploads that have begun and not ended, and the parts they have so far.
public final class Uploads {
  /// How many parts one transaction lets go of: a longer one would hold up every other writer.
  private static final int PARTS_A_TRANSACTION = 500;

  /// An upload as its row holds it.
  ///
  /// @param initiator the ARN of who began it
  /// @param algorithm the checksum that its parts must carry; null where the creator named none
  /// @param type of the checksum that the object will have
  /// @param begunOn the sequence number of the object that was there, 0 where there was none; rows
  ///   of old have none
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

    /// The algorithm of the checksum that the object will have.
    public ChecksumAlgorithm algorithmOfObject() {
      return algorithm == null ? ChecksumAlgorithm.CRC64NVME : algorithm;
    }
  }

  /// A part as its row holds it.
  public record UploadedPart(Part part, long modifiedMillis) {
    public Instant modified() {
      return Instant.ofEpochSecond(Math.floorDiv(modifiedMillis, 1000));
    }
  }

  /// Names an upload. Ids begin with the time, so the uploads of a key lie in the order in which
  /// they began.
  public record Name(String bucket, String key, String id) {
    Tuple tuple() {
      return Tuple.of(bucket, key, id);
    }
  }

  private record PartName(String upload, int number) {}

  /// @param by the completion that has looked at the parts last
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

  /// Seals of uploads whose parts are as a completion is about to see them.
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

  /// Adds a part, in place of an earlier one of its number.
  public void put(Tx tx, Upload upload, UploadedPart part) {
    PartName name = new PartName(upload.id(), part.part().number());
    parts.get(tx, name).ifPresent(earlier -> contents.release(tx, earlier.part().content()));
    parts.put(tx, name, part);
    seals.delete(tx, upload.id());
  }

  /// Begins to watch the parts of an upload for a completion, which reads them beside the writer: a
  /// transaction that read ten thousand would hold every other one up. A part that comes breaks the
  /// seal.
  public void seal(Tx tx, Upload upload, String by) {
    seals.put(tx, upload.id(), new Seal(by));
  }

  /// Whether the parts are as they were when the upload was sealed.
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

  /// Ends an upload whose parts now belong to an object, all but `leftOut`.
  public void complete(
      Tx tx, Bucket bucket, ObjectKey key, Upload upload, List<Part> used, List<Part> leftOut) {
    used.forEach(part -> parts.delete(tx, new PartName(upload.id(), part.number())));
    leftOut.forEach(part -> drop(tx, upload.id(), part));
    seals.delete(tx, upload.id());
    uploads.delete(tx, new Name(bucket.name(), key.value(), upload.id()));
  }

  /// Lets go of an upload and its parts, some at a time; what a crash leaves can be aborted again.
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
    List<UploadedPart> some = parts(tx, upload.get(), 0, PARTS_A_TRANSACTION);
    some.forEach(part -> drop(tx, upload.get().id(), part.part()));
    if (some.size() == PARTS_A_TRANSACTION) {
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

  /// A page of uploads, those beyond a delimiter rolled up.
  ///
  /// @param truncated whether there is more
  public record Listing(List<Entry> entries, boolean truncated) {
    /// What a page holds.
    public sealed interface Entry {
      record Begun(Name name, Upload upload) implements Entry {}

      record CommonPrefix(String text) implements Entry {}
    }
  }

  /// @param keyMarker begins behind this key, or behind one upload of it; empty for the first page
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
                    : new Listing.Entry.Begun(name, upload));
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
