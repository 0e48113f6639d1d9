package io.carillon.store;

import io.carillon.store.Blobs.BlobRef;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;

/// How many rows name each blob, and which blobs none names any more.
///
/// A blob whose last name went is listed for removal. Being named again takes it off the list (a
/// copy onto itself releases and retains in one transaction). Before its bytes go it is marked
/// doomed in a transaction; from then on it cannot be named, and removing can be run again after a
/// crash.
final class BlobReferences {
  record Named(long count, long sizeBytes) {}

  record Removal(Instant since, boolean doomed) {}

  private static final Table<String, Named> NAMED =
      Table.of("store.blobs", KeyCodec.STRING, Named.class);
  private static final Table<String, Removal> REMOVALS =
      Table.of("store.blobs.removals", KeyCodec.STRING, Removal.class);
  private static final int PIECE = 256;

  void retain(Tx tx, BlobRef blob) {
    Optional<Removal> removal = REMOVALS.get(tx, blob.id());
    if (removal.isPresent()) {
      if (removal.get().doomed()) {
        throw new IllegalStateException("Blob " + blob.id() + " is being removed");
      }
      REMOVALS.delete(tx, blob.id());
    }
    long count = NAMED.get(tx, blob.id()).map(Named::count).orElse(0L);
    NAMED.put(tx, blob.id(), new Named(count + 1, blob.sizeBytes()));
  }

  void release(Tx tx, BlobRef blob, Instant now) {
    Named named =
        NAMED
            .get(tx, blob.id())
            .orElseThrow(
                () -> new IllegalStateException("Blob " + blob.id() + " has no name to lose"));
    if (named.count() > 1) {
      NAMED.put(tx, blob.id(), new Named(named.count() - 1, named.sizeBytes()));
    } else {
      NAMED.delete(tx, blob.id());
      REMOVALS.put(tx, blob.id(), new Removal(now, false));
    }
  }

  /// Whether a row names the blob or it is listed for removal; otherwise it is an orphan.
  boolean isKnown(Snapshot snapshot, String id) {
    return isNamed(snapshot, id) || REMOVALS.get(snapshot, id).isPresent();
  }

  boolean isNamed(Snapshot snapshot, String id) {
    return NAMED.get(snapshot, id).isPresent();
  }

  void forEachNamed(Database database, BiConsumer<String, Named> visitor) {
    String after = "";
    while (true) {
      Range range = Range.all().after(Tuple.of(after));
      List<Table.Entry<String, Named>> page =
          database.read(snapshot -> NAMED.list(snapshot, range, PIECE));
      if (page.isEmpty()) {
        return;
      }
      page.forEach(entry -> visitor.accept(entry.key(), entry.value()));
      after = page.getLast().key();
    }
  }

  /// What takes a blob's bytes away; does nothing if they are gone.
  interface Remover {
    void remove(String id) throws IOException;
  }

  /// Removes what was released before `until`; answers how many blobs.
  int removeReleased(Database database, Instant until, Remover remover) throws IOException {
    int removed = 0;
    String after = "";
    while (true) {
      Range range = Range.all().after(Tuple.of(after));
      List<Table.Entry<String, Removal>> page =
          database.read(snapshot -> REMOVALS.list(snapshot, range, PIECE));
      if (page.isEmpty()) {
        return removed;
      }
      // Synced, and with it the release: power loss must not bring a name back to a blob without
      // bytes.
      List<String> doomed = database.write(tx -> doom(tx, page, until));
      for (String id : doomed) {
        remover.remove(id);
      }
      database.writeRelaxed(
          tx -> {
            doomed.forEach(id -> REMOVALS.delete(tx, id));
            return doomed.size();
          });
      removed += doomed.size();
      after = page.getLast().key();
    }
  }

  private static List<String> doom(Tx tx, List<Table.Entry<String, Removal>> page, Instant until) {
    List<String> doomed = new ArrayList<>();
    for (Table.Entry<String, Removal> entry : page) {
      Optional<Removal> removal = REMOVALS.get(tx, entry.key());
      if (removal.isPresent() && !removal.get().since().isAfter(until)) {
        REMOVALS.put(tx, entry.key(), new Removal(removal.get().since(), true));
        doomed.add(entry.key());
      }
    }
    return doomed;
  }
}
