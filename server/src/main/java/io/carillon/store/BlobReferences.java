package io.carillon.store;

import io.carillon.store.Blobs.BlobRef;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/// Counts the rows that reference each blob, and lists the blobs to remove.
///
/// A blob that loses its last reference is listed for removal. A new reference takes it off the
/// list (a copy onto itself releases and retains in one transaction). Before its bytes are removed
/// it is marked doomed in a transaction; from then on it cannot be referenced, and the removal can
/// be run again after a crash.
final class BlobReferences {
  record References(long count, long sizeBytes) {}

  record Removal(Instant since, boolean doomed) {}

  private static final Table<String, References> REFERENCES =
      Table.of("store.blobs", KeyCodec.STRING, References.class);
  private static final Table<String, Removal> REMOVALS =
      Table.of("store.blobs.removals", KeyCodec.STRING, Removal.class);
  private static final int PAGE = 256;

  /// Answers whether this is the first reference that the blob has ever had.
  boolean retain(Tx tx, BlobRef blob) {
    Optional<Removal> removal = REMOVALS.get(tx, blob.id());
    if (removal.isPresent()) {
      if (removal.get().doomed()) {
        throw new IllegalStateException("Blob " + blob.id() + " is being removed");
      }
      REMOVALS.delete(tx, blob.id());
    }
    long count = REFERENCES.get(tx, blob.id()).map(References::count).orElse(0L);
    REFERENCES.put(tx, blob.id(), new References(count + 1, blob.sizeBytes()));
    return count == 0 && removal.isEmpty();
  }

  void release(Tx tx, BlobRef blob, Instant now) {
    References references =
        REFERENCES
            .get(tx, blob.id())
            .orElseThrow(
                () ->
                    new IllegalStateException(
                        "Blob " + blob.id() + " has no reference to release"));
    if (references.count() > 1) {
      REFERENCES.put(tx, blob.id(), new References(references.count() - 1, references.sizeBytes()));
    } else {
      REFERENCES.delete(tx, blob.id());
      REMOVALS.put(tx, blob.id(), new Removal(now, false));
    }
  }

  /// Whether a row references the blob or it is listed for removal; otherwise it is an orphan.
  boolean isKnown(Snapshot snapshot, String id) {
    return isReferenced(snapshot, id) || REMOVALS.get(snapshot, id).isPresent();
  }

  boolean isReferenced(Snapshot snapshot, String id) {
    return REFERENCES.get(snapshot, id).isPresent();
  }

  void forEachReferenced(Database database, BiConsumer<String, References> visitor) {
    String after = "";
    while (true) {
      Range range = Range.all().after(Tuple.of(after));
      List<Table.Entry<String, References>> page =
          database.read(snapshot -> REFERENCES.list(snapshot, range, PAGE));
      if (page.isEmpty()) {
        return;
      }
      page.forEach(entry -> visitor.accept(entry.key(), entry.value()));
      after = page.getLast().key();
    }
  }

  /// Removes a blob's bytes; does nothing if they are gone.
  interface Remover {
    void remove(String id) throws IOException;
  }

  /// Removes the blobs released until `until`; answers how many.
  int removeReleased(Database database, Instant until, Remover remover) throws IOException {
    int removed = 0;
    String after = "";
    while (true) {
      Range range = Range.all().after(Tuple.of(after));
      List<Table.Entry<String, Removal>> page =
          database.read(snapshot -> REMOVALS.list(snapshot, range, PAGE));
      if (page.isEmpty()) {
        return removed;
      }
      // Synced, and with it the release: power loss must not restore a reference to a blob without
      // bytes.
      List<String> doomed = database.write(tx -> markDoomed(tx, page, until));
      for (String id : doomed) {
        remover.remove(id);
      }
      database.writeRelaxed(tx -> forgetRemovals(tx, doomed));
      removed += doomed.size();
      after = page.getLast().key();
    }
  }

  /// Removes those of `ids` that no row references; answers how many. A transaction that would
  /// reference one meanwhile finds it doomed.
  ///
  /// @param onDoomed called as soon as one is doomed
  int removeOrphans(
      Database database, List<String> ids, Instant now, Consumer<String> onDoomed, Remover remover)
      throws IOException {
    int removed = 0;
    for (int from = 0; from < ids.size(); from += PAGE) {
      List<String> page = ids.subList(from, Math.min(ids.size(), from + PAGE));
      List<String> doomed = database.writeRelaxed(tx -> doomOrphans(tx, page, now, onDoomed));
      for (String id : doomed) {
        remover.remove(id);
      }
      database.writeRelaxed(tx -> forgetRemovals(tx, doomed));
      removed += doomed.size();
    }
    return removed;
  }

  private List<String> doomOrphans(
      Tx tx, List<String> ids, Instant now, Consumer<String> onDoomed) {
    List<String> doomed = ids.stream().filter(id -> !isKnown(tx, id)).toList();
    doomed.forEach(id -> REMOVALS.put(tx, id, new Removal(now, true)));
    tx.afterCommit(() -> doomed.forEach(onDoomed));
    return doomed;
  }

  private static int forgetRemovals(Tx tx, List<String> removed) {
    removed.forEach(id -> REMOVALS.delete(tx, id));
    return removed.size();
  }

  private static List<String> markDoomed(
      Tx tx, List<Table.Entry<String, Removal>> page, Instant until) {
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
