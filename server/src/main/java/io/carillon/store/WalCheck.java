package io.carillon.store;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// Distinguishes a torn tail of the write-ahead log, which a power loss leaves, from damage.
///
/// *The question.* A power loss may keep any part of what was not synced: some pages of the log's
/// tail are there, others are cut off or zero. Whatever follows the first hole was never
/// acknowledged and is cut off. A rotten bit, or a file that was removed, looks the same at the
/// first bad place; but what follows it was acknowledged, and cutting it off would silently lose
/// it. RocksDB does not know which part was synced (facebook/rocksdb#6963), and at pages of zeros
/// it does not even stop.
///
/// *The evidence.* Each batch carries a [SyncMark]: all changes up to number `through` were synced
/// when it was written. Let `lost` be the number of the first missing change: at a bad record the
/// number that was expected, at a gap in the numbers the first one of the gap.
///
/// - If a later batch says `through >= lost`, change `lost` had been synced. A power loss cannot
///   remove it: *damage*.
/// - If none does, every later batch was written when no change from `lost` on was known to be
///   synced. A caller is answered only after its durable change is synced, and the next batch
///   carries a mark with its number. So at most the last batch of the log can have been
///   acknowledged without a mark for it, and after a second without changes [GroupCommit] writes
///   that mark: *a torn tail*, which is cut.
///
/// If nothing whole precedes the bad place, `lost` is not known. Then it is the lower of the number
/// that follows the manifest's last one and the number of the first later batch whose beginning is
/// whole: a sync that covered that batch covered all of the file before it.
///
/// *Not detected:* a log that ends early between two records, and damage to the last batch within
/// the second before its mark is written. These are byte for byte what a power loss leaves.
///
/// Logs of versions without marks give no evidence; they are cut at the first bad place, as those
/// versions did.
final class WalCheck {

  /// The result of a check, which changes nothing.
  sealed interface Finding {}

  /// @param marked whether a batch carries a mark
  record Whole(boolean marked) implements Finding {}

  /// @param offset where the first bad record begins
  /// @param wholeBehind how many whole, unsynced batches follow it
  /// @param marked whether they are known to be unsynced; without marks it is an assumption
  record Torn(Path file, long offset, int wholeBehind, boolean marked) implements Finding {}

  /// @param offset where the first bad record begins, or the first one after a gap
  /// @param lost the number of the first missing change
  record Damaged(Path file, long offset, long lost, Kind kind) implements Finding {
    /// The damage, for the operator.
    String describe() {
      String name = file.getFileName().toString();
      return switch (kind) {
        case BAD_RECORD ->
            "the write-ahead log %s has a bad record at byte %d".formatted(name, offset);
        case GAP ->
            "before byte %d of the write-ahead log %s, changes from number %d on are missing"
                .formatted(offset, name, lost);
        case NO_LOG ->
            "the write-ahead log is missing, %s or one of a later number".formatted(name);
      };
    }
  }

  /// Kinds of damage to a log.
  enum Kind {
    BAD_RECORD,
    GAP,
    NO_LOG
  }

  private final long lastSequence;

  private OptionalLong expected = OptionalLong.empty();
  private OptionalLong run = OptionalLong.empty();
  private boolean marked;
  private @Nullable Path badFile;
  private long badOffset;
  private boolean gap;
  private OptionalLong lost = OptionalLong.empty();
  private int wholeBehind;
  private long synced = -1;

  private WalCheck(long lastSequence) {
    this.lastSequence = lastSequence;
  }

  /// @param files the logs with changes that are not in tables yet, in order
  /// @param lastSequence the last number that the manifest knows
  static Finding of(List<Path> files, long lastSequence) throws IOException {
    WalCheck check = new WalCheck(lastSequence);
    for (Path file : files) {
      check.read(file);
    }
    return check.finding();
  }

  private void read(Path file) throws IOException {
    try (RecordLog log = RecordLog.open(file, LoggedBatch.HEAD_BYTES)) {
      while (true) {
        Optional<RecordLog.Entry> entry = log.next();
        if (entry.isPresent()) {
          Optional<LoggedBatch> batch = LoggedBatch.parse(entry.get().head());
          if (batch.isPresent()) {
            add(file, entry.get().offset(), batch.get());
          } else {
            bad(file, entry.get().offset());
          }
        } else if (log.badOffset() < 0) {
          return;
        } else {
          bad(file, log.badOffset());
          LoggedBatch.parse(log.wholePart())
              .ifPresent(this::inspectMark); // torn, but its beginning is whole
          if (!log.seekWhole()) {
            return;
          }
        }
      }
    }
  }

  private void bad(Path file, long offset) {
    if (badFile == null) {
      badFile = file;
      badOffset = offset;
      lost = expected;
    }
  }

  private void add(Path file, long offset, LoggedBatch batch) {
    if (badFile == null && batch.count() > 0) {
      long due = expected.orElse(Math.min(batch.sequence(), lastSequence + 1));
      if (batch.sequence() != due) {
        bad(file, offset);
        gap = true;
        lost = OptionalLong.of(due);
      } else {
        expected = OptionalLong.of(batch.next());
      }
    }
    if (badFile == null) {
      batch
          .mark()
          .ifPresent(
              mark -> {
                marked = true;
                run = OptionalLong.of(mark.run());
              });
    } else {
      wholeBehind++;
      inspectMark(batch);
    }
  }

  private void inspectMark(LoggedBatch batch) {
    if (lost.isEmpty()) {
      lost = OptionalLong.of(Math.min(batch.sequence(), lastSequence + 1));
    }
    batch
        .mark()
        .filter(mark -> run.isEmpty() || run.getAsLong() == mark.run())
        .ifPresent(
            mark -> {
              marked = true;
              synced = Math.max(synced, mark.through());
            });
  }

  private Finding finding() {
    if (badFile == null) {
      return new Whole(marked);
    }
    return lost.isPresent() && synced >= lost.getAsLong()
        ? new Damaged(badFile, badOffset, lost.getAsLong(), gap ? Kind.GAP : Kind.BAD_RECORD)
        : new Torn(badFile, badOffset, wholeBehind, marked);
  }
}
