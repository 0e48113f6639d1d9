package io.carillon.store;

import java.time.Instant;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// Where the scans of each queue of a [DueQueue] start: its head, before which there is no row.
///
/// Claimed and settled rows leave tombstones, and an iterator that starts at a queue's beginning
/// has to skip them: every claim would skip a million settled rows. Heads are in memory. Their
/// rules, which ensure that no row is skipped for good:
///
/// - A head moves only after a commit. Each row that is inserted lowers it, unless it is before the
///   row already. So a row before the head is one whose insertion is about to lower it.
/// - A claim raises it only if it is still the one that the claim started from; otherwise a change
///   that committed in between may have lowered it, and raising it would hide that row.
/// - A queue without a head is scanned from its beginning, as after a restart. The first row of an
///   empty queue, whose head was dropped, becomes the head.
///
/// *Looks.* A read that finds nothing before some position raises the head too, since nothing else
/// may come by for hours while leases end and their tombstones become due. It does not run in the
/// order of commits, so rows may have been inserted since its snapshot without moving the head.
/// Hence a head has a *generation*, which begins whenever the head is raised, and knows the lowest
/// row that was inserted within it. A look may raise a head whose generation began before the
/// look's snapshot, and not above that lowest row: what was inserted before the generation began is
/// in the snapshot, what was inserted since is not below the lowest, and what is committed but not
/// noted here yet lowers the head afterwards.
class Heads {

  /// A place in a queue.
  record Position(Instant due, String id) implements Comparable<Position> {
    /// The queue's beginning.
    static final Position START = new Position(Instant.ofEpochMilli(Long.MIN_VALUE), "");

    @Override
    public int compareTo(Position other) {
      int order = due.compareTo(other.due);
      return order != 0 ? order : id.compareTo(other.id);
    }

    Position orLower(@Nullable Position other) {
      return other != null && other.compareTo(this) < 0 ? other : this;
    }

    Position orHigher(Position other) {
      return other.compareTo(this) > 0 ? other : this;
    }
  }

  /// @param lowest the lowest row inserted within the generation; null if there was none
  private record Head(Position position, @Nullable Position lowest, long generation) {}

  /// The generation of a look that may only give a head to a queue that has none.
  static final long NONE = -1;

  private final ConcurrentHashMap<String, Head> heads = new ConcurrentHashMap<>();
  private final AtomicLong generations = new AtomicLong();

  /// The position of the queue's head; null if it has none.
  @Nullable Position of(String queue) {
    Head head = heads.get(queue);
    return head == null ? null : head.position;
  }

  /// The latest generation of any head. A look takes it before its snapshot.
  long generation() {
    return generations.get();
  }

  /// After a row was inserted.
  ///
  /// @param first whether the queue was empty
  void lower(String queue, Position row, boolean first) {
    heads.compute(
        queue,
        (_, head) -> {
          if (head == null) {
            return new Head(first ? row : Position.START, row, generations.incrementAndGet());
          }
          if (head.lowest != null && row.compareTo(head.lowest) >= 0) {
            return head; // the head is not above the lowest
          }
          return new Head(head.position.orLower(row), row, head.generation);
        });
  }

  /// After a claim that found no further row between `from`, where it started, and `to`.
  void raise(String queue, @Nullable Position from, Position to) {
    heads.compute(
        queue,
        (_, head) ->
            Objects.equals(head == null ? null : head.position, from)
                ? raised(from == null ? to : from.orHigher(to))
                : head);
  }

  /// After a look that found no row between `from`, where it started, and `to`.
  ///
  /// @param generation the latest one before the look's snapshot was taken
  void raiseAfterLook(String queue, long generation, @Nullable Position from, Position to) {
    heads.compute(
        queue,
        (_, head) -> {
          if (head == null) {
            // There was none during the look either, or the queue is empty by now.
            return from == null ? raised(to) : null;
          }
          if (head.generation > generation) {
            return head;
          }
          Position position = head.position.orHigher(to.orLower(head.lowest));
          return position.equals(head.position) && head.lowest == null ? head : raised(position);
        });
  }

  private Head raised(Position to) {
    return new Head(to, null, generations.incrementAndGet());
  }

  /// After the queue's last row was removed.
  void drop(String queue) {
    heads.remove(queue);
  }
}
