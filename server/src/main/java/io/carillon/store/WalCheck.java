package io.carillon.store;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// Tells a torn tail of the write-ahead log, which an honest power loss leaves, from damage.
///
/// *The question.* A power loss may keep any part of what was not synced: some pages of the log's
/// tail are there, others are cut off or zeros. What is there behind the first hole was never
/// acknowledged and is cut off. A bit that rotted, or a file that somebody removed, looks the same
/// at the first bad place; but what lies behind it was acknowledged, and to cut it off would lose
/// it in silence. RocksDB does not know which part was synced (facebook/rocksdb#6963), and of pages
/// of zeros it does not even stop at the hole.
///
/// *The evidence.* Each batch carries a [SyncMark]: all changes up to number `through` were synced
/// when it was written. Let `lost` be the number of the first change that is missing: at the first
/// bad record the one that was due, at a gap in the numbers the first of the gap.
///
/// - If a batch behind the place says `through >= lost`, then change `lost` had been synced. An
///   honest power loss cannot take it: *damage*.
/// - If none says so, then every batch behind the place was written when no change from `lost` on
///   was known to be synced. A caller hears of a durable change only after its sync, and the next
///   batch carries a mark with its number. So at most the last batch of the log can have been
///   acknowledged without a witness, and after a second without changes [GroupCommit] writes one
///   for it: *a torn tail*, which is cut.
///
/// Where nothing whole lies before the place, `lost` is not known. Then it is the lower of what the
/// manifest's last number lets expect and the number of the first batch behind whose beginning is
/// whole: a sync that covered that batch covered all of the file before it.
///
/// *What it does not see:* a log that ends early between two records, and damage to the last batch
/// within the second before its witness. These are what a power loss leaves, byte for byte.
///
/// Logs of versions without marks give no evidence; they are cut at the first bad place, as those
/// versions did.
final class WalCheck {

  /// What was found, with nothing changed.
  sealed interface Finding {}

  /// @param marked whether a batch carries a mark
  record Whole(boolean marked) implements Finding {}

  /// @param offset where the first bad record begins
  /// @param wholeBehind how many whole batches lie behind it, none of them synced
  /// @param marked whether that is known: without marks it is only supposed
  record Torn(Path file, long offset, int wholeBehind, boolean marked) implements Finding {}

  /// @param offset where the first bad record begins, or the first behind a gap
  /// @param lost the number of the first missing change
  /// @param kind what is there
  record Damaged(Path file, long offset, long lost, Kind kind) implements Finding {
    /// For people.
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

  /// What damage is to a log.
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

  /// @param files the logs that hold changes which are not in tables yet, in order
  /// @param lastSequence the last number the manifest knows
  static Finding of(List<Path> files, long lastSequence) throws IOException {
    WalCheck check = new WalCheck(lastSequence);
    for (Path file : files) {
      check.read(file);
    }
    return check.finding();
  }

  private void read(Path file) throws IOException {
    try (RecordLog log = RecordLog.open(file, Batch.HEAD_BYTES)) {
      while (true) {
        Optional<RecordLog.Entry> entry = log.next();
        if (entry.isPresent()) {
          Optional<Batch> batch = Batch.parse(entry.get().head());
          if (batch.isPresent()) {
            take(file, entry.get().offset(), batch.get());
          } else {
            bad(file, entry.get().offset());
          }
        } else if (log.badOffset() < 0) {
          return;
        } else {
          bad(file, log.badOffset());
          Batch.parse(log.wholePart()).ifPresent(this::weigh); // torn, but its beginning is whole
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

  private void take(Path file, long offset, Batch batch) {
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
      weigh(batch);
    }
  }

  private void weigh(Batch batch) {
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
