package io.carillon.store;

import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The changes of a batch that is not committed yet, over the committed state.
///
/// The transactions of a batch run one after another and each sees the changes of those before it,
/// so they share one sorted map. Each records what it replaces; [Transaction#undo] restores that if
/// the transaction throws, which is rare.
final class Overlay {
  /// Marks a deletion; compared by identity, as a row may be empty.
  static final byte[] DELETED = new byte[0];

  /// The committed state.
  interface Base {
    byte @Nullable [] get(byte[] key);

    /// As [#get], decoded, for a row of a cached table.
    default <V> @Nullable V getCached(byte[] key, RowCodec<V> rows) {
      byte[] row = get(key);
      return row == null ? null : rows.decode(row);
    }

    Cursor seek(byte[] from, byte[] to);
  }

  /// A position in the committed state, before the end of its range while [#key] is not null.
  interface Cursor extends AutoCloseable {
    byte @Nullable [] key();

    byte[] value();

    void next();

    /// Moves on to the first row at or after `key`, which comes after the present one.
    void seek(byte[] key);

    @Override
    void close();
  }

  private final TreeMap<byte[], byte[]> changes = new TreeMap<>(Arrays::compareUnsigned);
  private final Set<RowCache.Key> invalidated = new HashSet<>();
  private final Base base;
  private final InstantSource clock;

  Overlay(Base base, InstantSource clock) {
    this.base = base;
    this.clock = clock;
  }

  /// The rows to write, those to delete being [#DELETED].
  NavigableMap<byte[], byte[]> changes() {
    return Collections.unmodifiableNavigableMap(changes);
  }

  /// The changed rows of cached tables, and perhaps some whose change was undone.
  Set<RowCache.Key> invalidated() {
    return invalidated;
  }

  Transaction begin() {
    return new Transaction();
  }

  /// What a transaction leaves to be run.
  ///
  /// @param onCommit once it is committed
  /// @param onAnswer then, once its caller has the result
  record Actions(List<Runnable> onCommit, List<Runnable> onAnswer) {
    static final Actions NONE = new Actions(List.of(), List.of());
  }

  /// One change's transaction. Used after the change has ended, it throws.
  final class Transaction implements Tx {
    private record Replaced(byte[] key, byte @Nullable [] before) {}

    private final List<Replaced> journal = new ArrayList<>();
    private final List<Runnable> commitActions = new ArrayList<>();
    private final List<Runnable> answerActions = new ArrayList<>();
    private final List<Runnable> undoActions = new ArrayList<>();
    private boolean over;

    @Override
    @SuppressWarnings("ReferenceEquality") // DELETED is a marker
    public byte @Nullable [] get(byte[] key) {
      requireRunning();
      byte[] own = changes.get(key);
      if (own == null) {
        return base.get(key);
      }
      return own == DELETED ? null : own;
    }

    @Override
    @SuppressWarnings("ReferenceEquality") // DELETED is a marker
    public <V> @Nullable V getCached(byte[] key, RowCodec<V> rows) {
      requireRunning();
      byte[] own = changes.get(key);
      if (own == null) {
        return base.getCached(key, rows);
      }
      return own == DELETED ? null : rows.decode(own);
    }

    @Override
    public Instant now() {
      return clock.instant();
    }

    /// Looks up the next key at each step, in the overlay and in the base, so a visitor may change
    /// rows and sees its changes to later rows.
    @Override
    @SuppressWarnings("ReferenceEquality") // DELETED is a marker
    public void scan(byte[] from, byte[] to, int page, Visitor visitor) {
      requireRunning();
      if (Arrays.compareUnsigned(from, to) >= 0) {
        return;
      }
      try (Cursor below = base.seek(from, to)) {
        Map.Entry<byte[], byte[]> own = changes.ceilingEntry(from);
        while (true) {
          byte[] ownKey =
              own == null || Arrays.compareUnsigned(own.getKey(), to) >= 0 ? null : own.getKey();
          byte[] baseKey = below.key();
          if (ownKey == null && baseKey == null) {
            return;
          }
          int order =
              ownKey == null ? 1 : baseKey == null ? -1 : Arrays.compareUnsigned(ownKey, baseKey);
          byte[] key;
          byte[] value;
          if (order > 0 && baseKey != null) {
            key = baseKey;
            value = below.value();
          } else if (own != null && ownKey != null) {
            key = ownKey;
            value = own.getValue();
          } else {
            throw new IllegalStateException("A scan with no next row");
          }
          if (order >= 0) {
            below.next();
          }
          switch (value == DELETED ? ScanStep.NEXT : visitor.visit(key, value)) {
            case ScanStep.Next _ -> own = changes.higherEntry(key);
            case ScanStep.SkipTo skip -> {
              byte[] target = skip.after(key).key();
              below.seek(target);
              own = changes.ceilingEntry(target);
            }
            case ScanStep.Stop _ -> {
              return;
            }
          }
        }
      }
    }

    @Override
    public void put(byte[] key, byte[] value) {
      change(key, value);
    }

    @Override
    public void delete(byte[] key) {
      change(key, DELETED);
    }

    private void change(byte[] key, byte[] value) {
      requireRunning();
      journal.add(new Replaced(key, changes.put(key, value)));
    }

    @Override
    public void invalidate(byte[] key) {
      requireRunning();
      invalidated.add(new RowCache.Key(key));
    }

    @Override
    public int changes() {
      return journal.size();
    }

    @Override
    public <T> T withSavepoint(Supplier<T> part) {
      requireRunning();
      int keptChanges = journal.size();
      int keptUndoActions = undoActions.size();
      int keptCommitActions = commitActions.size();
      int keptAnswerActions = answerActions.size();
      try {
        return part.get();
      } catch (Throwable e) {
        undo(keptChanges, keptUndoActions);
        commitActions.subList(keptCommitActions, commitActions.size()).clear();
        answerActions.subList(keptAnswerActions, answerActions.size()).clear();
        throw e;
      }
    }

    @Override
    public void afterCommit(Runnable action) {
      requireRunning();
      commitActions.add(action);
    }

    @Override
    public void afterAnswer(Runnable action) {
      requireRunning();
      answerActions.add(action);
    }

    @Override
    public void afterUndo(Runnable action) {
      requireRunning();
      undoActions.add(action);
    }

    private void requireRunning() {
      if (over) {
        throw new IllegalStateException("This transaction has ended");
      }
    }

    /// Ends the transaction and leaves its changes in the batch; answers the actions to run.
    Actions complete() {
      over = true;
      return new Actions(commitActions, answerActions);
    }

    /// Ends the transaction, reverts its changes and runs its undo actions.
    void undo() {
      over = true;
      undo(0, 0);
    }

    /// Reverts the changes after the first `keptChanges` and runs the undo actions after the first
    /// `keptActions`.
    private void undo(int keptChanges, int keptActions) {
      while (journal.size() > keptChanges) {
        Replaced replaced = journal.removeLast();
        if (replaced.before() == null) {
          changes.remove(replaced.key());
        } else {
          changes.put(replaced.key(), replaced.before());
        }
      }
      while (undoActions.size() > keptActions) {
        undoActions.removeLast().run();
      }
    }
  }
}
