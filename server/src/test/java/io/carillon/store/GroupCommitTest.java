package io.carillon.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// The writer thread's use of the disk, seen by a log that records calls and fails on demand.
final class GroupCommitTest {
  private static final byte[] KEY = {1};

  private final List<String> notes = new CopyOnWriteArrayList<>();
  private final BlockingQueue<String> recorded = new LinkedBlockingQueue<>();
  private final AtomicReference<@Nullable IOException> failure = new AtomicReference<>();
  private final List<Throwable> broken = new CopyOnWriteArrayList<>();
  private final GroupCommit commits =
      new GroupCommit(new Notes(), broken::add, InstantSource.system());

  GroupCommitTest() {
    commits.start();
  }

  @AfterEach
  void close() {
    commits.close();
  }

  @Test
  void waitingChangesAreWrittenInARelaxedAndASyncedBatch() throws Exception {
    CountDownLatch inside = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    List<Thread> threads = new ArrayList<>();
    threads.add(
        start(
            () ->
                commits.submit(
                    _ -> {
                      inside.countDown();
                      await(goOn);
                      return 0;
                    },
                    true)));
    inside.await();
    for (int i = 0; i < 3; i++) {
      byte[] durable = {10, (byte) i};
      byte[] relaxed = {20, (byte) i};
      threads.add(start(() -> put(durable, true)));
      threads.add(start(() -> put(relaxed, false)));
    }
    threads.forEach(GroupCommitTest::awaitParked);
    goOn.countDown();
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(notes).containsExactly("write 3", "write 3 synced");
  }

  @Test
  void actionsRunInCommitOrderBeforeTheirCallersReturn() throws Exception {
    List<Integer> seen = Collections.synchronizedList(new ArrayList<>());
    List<Integer> ran = Collections.synchronizedList(new ArrayList<>());
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      int number = i;
      threads.add(
          start(
              () -> {
                commits.submit(
                    tx -> {
                      seen.add(number);
                      tx.afterCommit(() -> ran.add(number));
                      return 0;
                    },
                    true);
                assertThat(ran).contains(number);
              }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(ran).hasSize(50).isEqualTo(seen);
  }

  @Test
  void anActionAfterTheAnswerDoesNotDelayTheCaller() throws Exception {
    CountDownLatch answered = new CountDownLatch(1);
    CountDownLatch ran = new CountDownLatch(1);
    int answer =
        commits.submit(
            tx -> {
              tx.put(KEY, KEY);
              tx.afterAnswer(
                  () -> {
                    await(answered);
                    ran.countDown();
                  });
              return 7;
            },
            true);
    assertThat(answer).isEqualTo(7);
    answered.countDown();
    assertThat(ran.await(1, TimeUnit.MINUTES)).isTrue();
  }

  @Test
  void anActionThatThrowsDoesNotAffectOthers() {
    List<String> ran = new ArrayList<>();
    int answer =
        commits.submit(
            tx -> {
              tx.afterCommit(
                  () -> {
                    throw new IllegalStateException("a bug");
                  });
              tx.afterCommit(() -> ran.add("second"));
              return 7;
            },
            true);
    assertThat(answer).isEqualTo(7);
    assertThat(put(KEY, true)).isZero();
    assertThat(broken).isEmpty();
  }

  @Test
  void afterAFailedSyncAllChangesAreRefused() {
    failure.set(new IOException("the disk is gone"));
    List<String> ran = new ArrayList<>();
    assertThatThrownBy(
            () ->
                commits.submit(
                    tx -> {
                      tx.put(KEY, KEY);
                      tx.afterCommit(() -> ran.add("never"));
                      tx.afterUndo(() -> ran.add("undone"));
                      return 0;
                    },
                    true))
        .isInstanceOf(UnknownOutcomeException.class)
        .hasRootCauseMessage("the disk is gone");
    assertThat(ran).containsExactly("undone");
    assertThat(broken).singleElement().isInstanceOf(IOException.class);
    failure.set(null);
    assertThatThrownBy(() -> put(KEY, true)).hasMessageContaining("takes no more writes");
    assertThatThrownBy(() -> put(KEY, false)).hasMessageContaining("takes no more writes");
  }

  @Test
  void aFailedSyncOfARelaxedWriteBreaksTheStore() {
    put(KEY, false);
    failure.set(new IOException("the disk is gone"));
    assertThatThrownBy(() -> commits.submit(_ -> 0, true))
        .isInstanceOf(UnknownOutcomeException.class)
        .hasRootCauseMessage("the disk is gone");
    assertThat(broken).hasSize(1);
  }

  /// The relaxed batch fails, so the durable changes of the round never run.
  @Test
  void changesThatDidNotRunBeforeTheFailureAreRefusedWithAKnownOutcome() throws Exception {
    CountDownLatch inside = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    Thread first = start(() -> commits.submit(_ -> held(inside, goOn), false));
    inside.await();
    List<Class<?>> thrown = Collections.synchronizedList(new ArrayList<>());
    Thread relaxed = start(() -> thrown.add(failureOf(() -> put(KEY, false))));
    awaitParked(relaxed);
    Thread durable = start(() -> thrown.add(failureOf(() -> put(KEY, true))));
    awaitParked(durable);
    failure.set(new IOException("the disk is gone"));
    goOn.countDown();
    for (Thread thread : List.of(first, relaxed, durable)) {
      thread.join();
    }
    assertThat(thrown)
        .containsExactlyInAnyOrder(UnknownOutcomeException.class, IllegalStateException.class);
  }

  private static int held(CountDownLatch inside, CountDownLatch goOn) {
    inside.countDown();
    await(goOn);
    return 0;
  }

  private static Class<?> failureOf(Runnable work) {
    try {
      work.run();
      return Void.class;
    } catch (RuntimeException e) {
      return e.getClass();
    }
  }

  @Test
  void anActionThatRunsOutOfMemoryBreaksTheStore() {
    assertThatThrownBy(
            () ->
                commits.submit(
                    tx -> {
                      tx.put(KEY, KEY);
                      tx.afterCommit(
                          () -> {
                            throw new OutOfMemoryError("for the test");
                          });
                      return 0;
                    },
                    true))
        .isInstanceOf(UnknownOutcomeException.class);
    assertThat(broken).singleElement().isInstanceOf(OutOfMemoryError.class);
  }

  @Test
  void closingSyncsRelaxedWrites() {
    put(KEY, false);
    commits.close();
    assertThat(notes).containsExactly("write 1", "sync");
    assertThatThrownBy(() -> put(KEY, false)).hasMessageContaining("closed");
  }

  @Test
  void theLastSyncIsRecordedWhenNoChangeFollows() throws Exception {
    put(KEY, true);
    assertThat(recorded.poll(60, TimeUnit.SECONDS)).isEqualTo("after write 1 synced");
    put(KEY, true);
    put(KEY, false); // its batch records the sync
    commits.close();
    assertThat(notes).endsWith("write 1", "sync");
    assertThat(recorded.poll(60, TimeUnit.SECONDS)).isEqualTo("after sync");
    assertThat(broken).isEmpty();
  }

  private int put(byte[] key, boolean mustSync) {
    return commits.submit(
        tx -> {
          tx.put(key, KEY);
          return 0;
        },
        mustSync);
  }

  private static Thread start(Runnable work) {
    return Thread.ofVirtual().start(work);
  }

  private static void awaitParked(Thread thread) {
    while (thread.getState() != Thread.State.WAITING) {
      Thread.onSpinWait();
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private final class Notes implements GroupCommit.Log {
    private boolean isSyncRecorded = true;

    @Override
    public boolean isSyncRecorded() {
      return isSyncRecorded;
    }

    @Override
    public void recordSync() {
      recorded.add("after " + notes.getLast());
      isSyncRecorded = true;
    }

    @Override
    public void write(Overlay overlay, boolean sync) throws IOException {
      fail();
      isSyncRecorded = !sync;
      notes.add("write " + overlay.changes().size() + (sync ? " synced" : ""));
    }

    @Override
    public void sync() throws IOException {
      fail();
      isSyncRecorded = false;
      notes.add("sync");
    }

    private void fail() throws IOException {
      IOException planned = failure.get();
      if (planned != null) {
        throw planned;
      }
    }

    @Override
    public boolean hasRoom() {
      return true;
    }

    @Override
    public RuntimeException noRoom() {
      return new ReadOnlyException(0);
    }

    @Override
    public byte @Nullable [] get(byte[] key) {
      return null;
    }

    @Override
    public Overlay.Cursor seek(byte[] from, byte[] to) {
      throw new UnsupportedOperationException();
    }
  }
}
