package io.carillon.s3.model;

import io.carillon.store.Blobs;
import io.carillon.store.Blobs.BlobRef;
import io.carillon.store.Database;
import io.carillon.store.KeyCodec;
import io.carillon.store.Snapshot;
import io.carillon.store.Table;
import io.carillon.store.Tx;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/// The bytes of objects and parts: small ones in rows, large ones in blobs.
///
/// Content is immutable, so a copy shares it. A row begins with one owner; further ones are counted
/// in a table of their own. Releasing the last reference removes the row and releases the blobs and
/// parts that it names.
public final class ContentStore {
  /// Exactly one of the two is set.
  private record Row(byte @Nullable [] bytes, @Nullable List<Part> parts) {}

  private record Shares(long beyondFirst) {}

  /// The deletion of a large multipart content, which takes several transactions.
  ///
  /// @param next the index of the first part that has not been released
  private record Deletion(int next) {}

  /// How many parts one transaction releases; a longer one would block all other writers.
  private static final int PARTS_PER_TRANSACTION = 500;

  /// Content of this size may have more parts than that, since every part but the last holds 5 MiB.
  private static final long LARGE_BYTES = PARTS_PER_TRANSACTION * (5L << 20);

  private final Blobs blobs;
  private final Table<String, Row> rows =
      Table.of("s3.contents", KeyCodec.STRING, Row.class).unchanging();
  private final Table<String, Shares> shares =
      Table.of("s3.contentShares", KeyCodec.STRING, Shares.class);

  private final Table<String, Deletion> deletions =
      Table.of("s3.leavingContents", KeyCodec.STRING, Deletion.class);

  public ContentStore(Blobs blobs) {
    this.blobs = blobs;
  }

  /// Received bytes that no row names yet.
  public sealed interface NewContent {
    record InMemory(byte[] bytes) implements NewContent {}

    record InBlob(BlobRef blob) implements NewContent {}
  }

  /// Content with its row, encoded in advance: a row has up to a megabyte, which no transaction
  /// should encode.
  public static final class Prepared {
    private final ContentRef content;
    private final Table.@Nullable Encoded<Row> row; // null for content in a blob, and for none

    private Prepared(ContentRef content, Table.@Nullable Encoded<Row> row) {
      this.content = content;
      this.row = row;
    }

    public ContentRef content() {
      return content;
    }
  }

  public Prepared prepare(NewContent newContent) {
    return switch (newContent) {
      case NewContent.InMemory(byte[] bytes) when bytes.length == 0 ->
          new Prepared(ContentRef.NONE, null);
      case NewContent.InMemory(byte[] bytes) ->
          new Prepared(
              new ContentRef(ContentRef.Kind.INLINE, newId(), bytes.length),
              rows.encoded(new Row(bytes, null)));
      case NewContent.InBlob(BlobRef blob) ->
          new Prepared(new ContentRef(ContentRef.Kind.BLOB, blob.id(), blob.sizeBytes()), null);
    };
  }

  /// @param id of the upload; a repeated CompleteMultipartUpload recognizes its object by it
  public Prepared prepareJoin(String id, List<Part> parts) {
    long size = parts.stream().mapToLong(p -> p.content().sizeBytes()).sum();
    return new Prepared(
        new ContentRef(ContentRef.Kind.PARTS, id, size), rows.encoded(new Row(null, parts)));
  }

  /// Stores prepared content. Content that joins parts takes over their ownership.
  public ContentRef put(Tx tx, Prepared prepared) {
    if (prepared.row != null) {
      rows.put(tx, prepared.content.id(), prepared.row);
    } else if (prepared.content.kind() == ContentRef.Kind.BLOB) {
      blobs.retain(tx, blob(prepared.content));
    }
    return prepared.content;
  }

  /// Adds one owner.
  public void share(Tx tx, ContentRef content) {
    switch (content.kind()) {
      case EMPTY -> {}
      case BLOB -> blobs.retain(tx, blob(content));
      case INLINE, PARTS, JOINED -> {
        long others = shares.get(tx, content.id()).map(Shares::beyondFirst).orElse(0L);
        shares.put(tx, content.id(), new Shares(others + 1));
      }
    }
  }

  /// Removes one owner.
  public void release(Tx tx, ContentRef content) {
    switch (content.kind()) {
      case EMPTY -> {}
      case BLOB -> blobs.release(tx, blob(content));
      case INLINE, PARTS, JOINED -> {
        Optional<Shares> others = shares.get(tx, content.id());
        if (others.isEmpty() && content.sizeBytes() >= LARGE_BYTES) {
          deletions.put(tx, content.id(), new Deletion(0));
        } else if (others.isEmpty()) {
          allParts(tx, content).forEach(part -> release(tx, part.content()));
          rows.delete(tx, content.id());
        } else if (others.get().beyondFirst() == 1) {
          shares.delete(tx, content.id());
        } else {
          shares.put(tx, content.id(), new Shares(others.get().beyondFirst() - 1));
        }
      }
    }
  }

  /// Releases the parts of deleted large objects in pieces. Called periodically.
  public void sweep(Database database) {
    new Backlog(deletions).workOff(database, id -> remove(database, id));
  }

  private void remove(Database database, String id) {
    record Read(Optional<Deletion> deletion, Optional<Row> row) {}
    Read read =
        database.read(snapshot -> new Read(deletions.get(snapshot, id), rows.get(snapshot, id)));
    List<Part> parts = read.row.map(Row::parts).orElse(List.of());
    int next = read.deletion.map(Deletion::next).orElse(parts.size());
    while (next < parts.size()) {
      if (!releaseSome(database, id, parts, next)) {
        return; // another node works on it
      }
      next += PARTS_PER_TRANSACTION;
    }
    database.writeRelaxed(
        tx -> {
          rows.delete(tx, id);
          deletions.delete(tx, id);
          return id;
        });
  }

  private boolean releaseSome(Database database, String id, List<Part> parts, int from) {
    int to = Math.min(parts.size(), from + PARTS_PER_TRANSACTION);
    return database.writeRelaxed(
        tx -> {
          if (!deletions.get(tx, id).equals(Optional.of(new Deletion(from)))) {
            return false;
          }
          parts.subList(from, to).forEach(part -> release(tx, part.content()));
          deletions.put(tx, id, new Deletion(to));
          return true;
        });
  }

  /// The parts in order; none if the object was not uploaded in parts, or is a copy.
  public List<Part> partsOf(Snapshot snapshot, ContentRef content) {
    return content.kind() == ContentRef.Kind.PARTS ? allParts(snapshot, content) : List.of();
  }

  private List<Part> allParts(Snapshot snapshot, ContentRef content) {
    if (content.kind() != ContentRef.Kind.PARTS && content.kind() != ContentRef.Kind.JOINED) {
      return List.of();
    }
    List<Part> parts = row(snapshot, content).parts();
    return parts == null ? List.of() : parts;
  }

  /// All that is needed to read the content after the snapshot is closed.
  public ReadableContent load(Snapshot snapshot, ContentRef content) {
    List<ReadableContent.Extent> extents = new ArrayList<>();
    collect(snapshot, content, extents);
    return new ReadableContent(blobs, extents);
  }

  private void collect(Snapshot snapshot, ContentRef content, List<ReadableContent.Extent> into) {
    switch (content.kind()) {
      case EMPTY -> {}
      case BLOB -> into.add(new ReadableContent.Extent.Blob(blob(content)));
      case INLINE -> {
        byte[] bytes = row(snapshot, content).bytes();
        into.add(new ReadableContent.Extent.Bytes(bytes == null ? new byte[0] : bytes));
      }
      case PARTS, JOINED ->
          allParts(snapshot, content).forEach(p -> collect(snapshot, p.content(), into));
    }
  }

  private Row row(Snapshot snapshot, ContentRef content) {
    return rows.get(snapshot, content.id())
        .orElseThrow(() -> new IllegalStateException("The bytes of " + content + " are missing"));
  }

  private static BlobRef blob(ContentRef content) {
    return new BlobRef(content.id(), content.sizeBytes());
  }

  /// Ids grow with time, so that new rows are adjacent in the store.
  private static String newId() {
    HexFormat hex = HexFormat.of();
    return hex.toHexDigits(System.currentTimeMillis(), 12)
        + hex.toHexDigits(ThreadLocalRandom.current().nextLong());
  }
}
