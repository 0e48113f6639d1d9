package io.carillon.s3.model;

import io.carillon.store.ContendedException;
import io.carillon.store.Database;
import io.carillon.store.Range;
import io.carillon.store.ReadOnlyException;
import io.carillon.store.Table;
import io.carillon.store.Tuple;
import io.carillon.store.UnknownOutcomeException;
import java.util.List;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What a chore still has to remove in pieces: a row of a table each, which is deleted with its
/// last piece, so that a crash or another node may come in between.
///
/// @param rows what is to be removed, by its id
record Backlog(Table<String, ?> rows) {
  private static final Logger LOG = LoggerFactory.getLogger(Backlog.class);

  /// Calls `remove` for each id. One that cannot be removed, as after a repair of the store that
  /// lost rows, does not hold up the others.
  void workOff(Database database, Consumer<String> remove) {
    String last = "";
    while (true) {
      Range rest = Range.all().after(Tuple.of(last));
      List<String> next = database.read(snapshot -> rows.listKeys(snapshot, rest, 1));
      if (next.isEmpty()) {
        return;
      }
      last = next.getFirst();
      try {
        remove.accept(last);
      } catch (UnknownOutcomeException | ReadOnlyException | ContendedException e) {
        throw e; // not the fault of what is to be removed
      } catch (RuntimeException e) {
        LOG.error("{} {} cannot be removed; trying again", rows.name(), last, e);
      }
    }
  }
}
