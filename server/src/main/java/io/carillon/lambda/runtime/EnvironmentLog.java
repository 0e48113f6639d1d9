package io.carillon.lambda.runtime;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The log stream of one environment: what its processes print and what we say about it, as lines
/// on their way to the [LogSink].
///
/// It is bounded on every side. An invocation that prints more than its allowance loses the rest,
/// and is told so in its log. Lines that the sink has not taken yet are bounded as well: while they
/// are too many the reader stands still, the pipe fills up, and the function waits for its own log.
final class EnvironmentLog {
  private static final Logger LOG = LoggerFactory.getLogger(EnvironmentLog.class);
  private static final int TAIL_BYTES = 4096;
  private static final int LINE_BYTES = 64 << 10;
  private static final int PENDING_BYTES = 512 << 10;
  private static final int BYTES_OF_A_LINE = 64; // what a short line costs beside its text
  private static final long DRAIN_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private final Consumer<List<LogSink.Line>> sink;
  private final InstantSource clock;
  private final int allowance;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition roomAgain = lock.newCondition();
  private final ByteArrayOutputStream line = new ByteArrayOutputStream();
  private final Tail tail = new Tail();
  private List<LogSink.Line> pending = new ArrayList<>();
  private int pendingBytes;
  private boolean flushing;
  private int printed;
  private long droppedBytes;

  EnvironmentLog(Consumer<List<LogSink.Line>> sink, InstantSource clock, int allowance) {
    this.sink = sink;
    this.clock = clock;
    this.allowance = allowance;
  }

  /// Reads until everyone who could print is gone. Runs on a thread of its own.
  void readFrom(Output output) {
    byte[] chunk = new byte[16 << 10];
    try {
      int first;
      // One byte without the lock, the rest with it: see Output.
      while ((first = output.read()) >= 0) {
        lock.lock();
        try {
          chunk[0] = (byte) first;
          int count = 1 + output.readWaiting(chunk, 1);
          accept(chunk, count);
          while (pendingBytes > PENDING_BYTES) {
            flush();
            roomAgain.await();
          }
        } finally {
          lock.unlock();
        }
      }
    } catch (IOException e) {
      LOG.debug("The log of an environment ended", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// A new invocation begins: a new tail, a new allowance.
  void begin(String message) {
    lock.lock();
    try {
      endLine();
      renewAllowance();
      tail.clear();
      add(message);
    } finally {
      lock.unlock();
    }
  }

  /// What is printed from now on is counted anew.
  void renewAllowance() {
    lock.lock();
    try {
      printed = 0;
      droppedBytes = 0;
    } finally {
      lock.unlock();
    }
  }

  /// Adds a line of our own.
  void say(String message) {
    lock.lock();
    try {
      endLine();
      add(message);
    } finally {
      lock.unlock();
    }
  }

  /// Waits until all that has been printed so far is in the log; not long, for a function may go on
  /// printing behind its answer.
  void awaitPrinted(Output output) {
    long end = System.nanoTime() + DRAIN_NANOS;
    while (System.nanoTime() < end) {
      lock.lock();
      try {
        if (output.waiting() == 0) {
          return;
        }
      } catch (IOException e) {
        return;
      } finally {
        lock.unlock();
      }
      LockSupport.parkNanos(20_000);
    }
  }

  /// Says what was left out of this invocation's log, if anything was and nobody has said so.
  void sayWhatWasDropped() {
    lock.lock();
    try {
      if (droppedBytes > 0) {
        endLine();
        add(
            "[carillon] The log of this invocation exceeded %d bytes; %d bytes were dropped."
                .formatted(allowance, droppedBytes));
        droppedBytes = 0; // told once
      }
    } finally {
      lock.unlock();
    }
  }

  byte[] tail() {
    lock.lock();
    try {
      return tail.bytes();
    } finally {
      lock.unlock();
    }
  }

  /// Sends the sink what is pending, in the background and in order.
  void flush() {
    lock.lock();
    try {
      if (!flushing && !pending.isEmpty()) {
        flushing = true;
        Thread.ofVirtual().name("function-log").start(this::send);
      }
    } finally {
      lock.unlock();
    }
  }

  private void send() {
    while (true) {
      List<LogSink.Line> batch;
      lock.lock();
      try {
        if (pending.isEmpty()) {
          flushing = false;
          return;
        }
        batch = pending;
        pending = new ArrayList<>();
        pendingBytes = 0;
        roomAgain.signalAll();
      } finally {
        lock.unlock();
      }
      try {
        sink.accept(batch);
      } catch (RuntimeException | Error e) {
        LOG.warn("{} lines of a function's log could not be kept", batch.size(), e);
      }
    }
  }

  private void accept(byte[] bytes, int count) {
    int take = Math.min(count, Math.max(0, allowance - printed));
    printed += take;
    droppedBytes += count - take;
    for (int i = 0; i < take; i++) {
      if (bytes[i] == '\n') {
        endLine();
      } else {
        line.write(bytes[i]);
        if (line.size() == LINE_BYTES) {
          endLine();
        }
      }
    }
  }

  private void endLine() {
    if (line.size() > 0) {
      String text = line.toString(StandardCharsets.UTF_8);
      line.reset();
      add(text.replace('\r', '\n')); // a bare CR keeps the lines of one message together
    }
  }

  private void add(String message) {
    byte[] bytes = (message + "\n").getBytes(StandardCharsets.UTF_8);
    tail.add(bytes);
    pending.add(new LogSink.Line(clock.instant(), message));
    pendingBytes += bytes.length + BYTES_OF_A_LINE;
    if (pendingBytes > PENDING_BYTES / 4) {
      flush();
    }
  }

  /// The last bytes of what was added.
  private static final class Tail {
    private byte[] bytes = new byte[0];

    void clear() {
      bytes = new byte[0];
    }

    void add(byte[] more) {
      if (more.length >= TAIL_BYTES) {
        bytes = Arrays.copyOfRange(more, more.length - TAIL_BYTES, more.length);
        return;
      }
      int keep = Math.min(bytes.length, TAIL_BYTES - more.length);
      byte[] next = new byte[keep + more.length];
      System.arraycopy(bytes, bytes.length - keep, next, 0, keep);
      System.arraycopy(more, 0, next, keep, more.length);
      bytes = next;
    }

    byte[] bytes() {
      return bytes;
    }
  }
}
