package io.carillon.s3.model;

import io.carillon.store.Blobs;
import io.carillon.store.Blobs.BlobRef;
import io.carillon.store.Database;
import io.carillon.store.KeyCodec;
import io.carillon.store.Range;
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
/// Content never changes, so a copy shares it. A row has one owner to begin with; each further one
/// is counted beside it. Letting go of the last one removes the row, and with it what it names.
public final class ContentStore {
  /// One of both.
  private record Row(byte @Nullable [] bytes, @Nullable List<Part> parts) {}

  private record Shares(long beyondFirst) {}

  /// Parts that nobody owns any more.
  ///
  /// @param next the first that has not been let go of
  private record Leaving(int next) {}

  /// How many parts one transaction lets go of: a longer one would hold up every other writer.
  private static final int PARTS_A_TRANSACTION = 500;

  /// What may have more parts than that: the least that a part holds, but for the last.
  private static final long LARGE_BYTES = PARTS_A_TRANSACTION * (5L << 20);

  private final Blobs blobs;
  private final Table<String, Row> rows = Table.of("s3.contents", KeyCodec.STRING, Row.class);
  private final Table<String, Shares> shares =
      Table.of("s3.contentShares", KeyCodec.STRING, Shares.class);

  private final Table<String, Leaving> leaving =
      Table.of("s3.leavingContents", KeyCodec.STRING, Leaving.class);

  public ContentStore(Blobs blobs) {
    this.blobs = blobs;
  }

  /// Bytes that have arrived and that no row names yet.
  public sealed interface Arrived {
    record InMemory(byte[] bytes) implements Arrived {}

    record InBlob(BlobRef blob) implements Arrived {}
  }

  public ContentRef put(Tx tx, Arrived arrived) {
    return switch (arrived) {
      case Arrived.InMemory(byte[] bytes) when bytes.length == 0 -> ContentRef.NONE;
      case Arrived.InMemory(byte[] bytes) -> {
        ContentRef content = new ContentRef(ContentRef.Kind.INLINE, newId(), bytes.length);
        rows.put(tx, content.id(), new Row(bytes, null));
        yield content;
      }
      case Arrived.InBlob(BlobRef blob) -> {
        blobs.retain(tx, blob);
        yield new ContentRef(ContentRef.Kind.BLOB, blob.id(), blob.sizeBytes());
      }
    };
  }

  /// A content that parts are going to make; up to a megabyte that no transaction should encode.
  public static final class Joined {
    private final ContentRef content;
    private final Table.Encoded<Row> row;

    private Joined(ContentRef content, Table.Encoded<Row> row) {
      this.content = content;
      this.row = row;
    }
  }

  /// @param id the upload's, by which a repeated completion knows its object again
  public Joined joining(String id, List<Part> parts) {
    long size = parts.stream().mapToLong(p -> p.content().sizeBytes()).sum();
    return new Joined(
        new ContentRef(ContentRef.Kind.PARTS, id, size), rows.encoded(new Row(null, parts)));
  }

  /// Makes one content of parts, which from now on belong to it.
  public ContentRef join(Tx tx, Joined joined) {
    rows.put(tx, joined.content.id(), joined.row);
    return joined.content;
  }

  /// Counts one more owner.
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

  /// Lets one owner go.
  public void release(Tx tx, ContentRef content) {
    switch (content.kind()) {
      case EMPTY -> {}
      case BLOB -> blobs.release(tx, blob(content));
      case INLINE, PARTS, JOINED -> {
        Optional<Shares> others = shares.get(tx, content.id());
        if (others.isEmpty() && content.sizeBytes() >= LARGE_BYTES) {
          leaving.put(tx, content.id(), new Leaving(0));
        } else if (others.isEmpty()) {
          pieces(tx, content).forEach(part -> release(tx, part.content()));
          rows.delete(tx, content.id());
        } else if (others.get().beyondFirst() == 1) {
          shares.delete(tx, content.id());
        } else {
          shares.put(tx, content.id(), new Shares(others.get().beyondFirst() - 1));
        }
      }
    }
  }

  /// Lets go of the parts of large objects that nobody owns any more, some at a time. Run now and
  /// then, by one thread; what a crash cuts short goes on where it was.
  public void sweep(Database database) {
    while (true) {
      List<Table.Entry<String, Leaving>> some =
          database.read(snapshot -> leaving.list(snapshot, Range.all(), 1));
      if (some.isEmpty()) {
        return;
      }
      String id = some.getFirst().key();
      List<Part> parts =
          database.read(snapshot -> rows.get(snapshot, id)).map(Row::parts).orElse(List.of());
      int next = some.getFirst().value().next();
      while (next < parts.size()) {
        next = letGo(database, id, parts, next);
      }
      database.writeRelaxed(
          tx -> {
            rows.delete(tx, id);
            leaving.delete(tx, id);
            return id;
          });
    }
  }

  private int letGo(Database database, String id, List<Part> parts, int from) {
    int to = Math.min(parts.size(), from + PARTS_A_TRANSACTION);
    return database.writeRelaxed(
        tx -> {
          parts.subList(from, to).forEach(part -> release(tx, part.content()));
          leaving.put(tx, id, new Leaving(to));
          return to;
        });
  }

  /// The parts in order; none where the object did not come in parts, or is a copy of one that did.
  public List<Part> partsOf(Snapshot snapshot, ContentRef content) {
    return content.kind() == ContentRef.Kind.PARTS ? pieces(snapshot, content) : List.of();
  }

  private List<Part> pieces(Snapshot snapshot, ContentRef content) {
    if (content.kind() != ContentRef.Kind.PARTS && content.kind() != ContentRef.Kind.JOINED) {
      return List.of();
    }
    List<Part> parts = row(snapshot, content).parts();
    return parts == null ? List.of() : parts;
  }

  /// Whatever is needed to read the content after the snapshot is gone.
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
          pieces(snapshot, content).forEach(p -> collect(snapshot, p.content(), into));
    }
  }

  private Row row(Snapshot snapshot, ContentRef content) {
    return rows.get(snapshot, content.id())
        .orElseThrow(() -> new IllegalStateException("The bytes of " + content + " are missing"));
  }

  private static BlobRef blob(ContentRef content) {
    return new BlobRef(content.id(), content.sizeBytes());
  }

  /// Grows with time, so that new rows lie side by side in the store.
  private static String newId() {
    HexFormat hex = HexFormat.of();
    return hex.toHexDigits(System.currentTimeMillis(), 12)
        + hex.toHexDigits(ThreadLocalRandom.current().nextLong());
  }
}
