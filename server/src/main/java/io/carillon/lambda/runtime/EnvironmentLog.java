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

/// The log stream of one environment: the output of its processes and the platform's lines,
/// buffered for the [LogSink].
///
/// All buffers are bounded. Output beyond an invocation's allowance is dropped, which the log
/// reports. If the sink is slow, the reader pauses, the pipe fills up and the function blocks
/// (back-pressure).
final class EnvironmentLog {
  private static final Logger LOG = LoggerFactory.getLogger(EnvironmentLog.class);
  private static final int TAIL_BYTES = 4096;
  private static final int LINE_BYTES = 64 << 10;
  private static final int PENDING_BYTES = 512 << 10;
  private static final int LINE_OVERHEAD_BYTES = 64; // memory of a line in addition to its text
  private static final long DRAIN_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private final Consumer<List<LogSink.Line>> sink;
  private final InstantSource clock;
  private final int allowance;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition belowLimit = lock.newCondition();
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

  /// Reads until all writers of the pipe are gone. Runs on its own thread.
  void readFrom(Output output) {
    byte[] chunk = new byte[16 << 10];
    try {
      int first;
      // One byte without the lock, the rest with it: see Output.
      while ((first = output.read()) >= 0) {
        lock.lock();
        try {
          chunk[0] = (byte) first;
          int count = 1 + output.readAvailable(chunk, 1);
          accept(chunk, count);
          while (pendingBytes > PENDING_BYTES) {
            flush();
            belowLimit.await();
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

  /// Begins a new invocation, with a new tail and a new allowance.
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

  /// Restarts the count of printed bytes.
  void renewAllowance() {
    lock.lock();
    try {
      printed = 0;
      droppedBytes = 0;
    } finally {
      lock.unlock();
    }
  }

  /// Adds a platform line.
  void write(String message) {
    lock.lock();
    try {
      endLine();
      add(message);
    } finally {
      lock.unlock();
    }
  }

  /// Waits until everything printed so far is in the log; only briefly, since a function may go on
  /// printing after its response.
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

  /// Reports how much of this invocation's output was dropped, if it has not been reported yet.
  void reportDropped() {
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

  /// Sends pending lines to the sink, in the background and in order.
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
        belowLimit.signalAll();
      } finally {
        lock.unlock();
      }
      try {
        sink.accept(batch);
      } catch (RuntimeException | Error e) {
        LOG.warn("{} lines of a function's log could not be stored", batch.size(), e);
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
    pendingBytes += bytes.length + LINE_OVERHEAD_BYTES;
    if (pendingBytes > PENDING_BYTES / 4) {
      flush();
    }
  }

  /// The last bytes of the log.
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
