package io.carillon.http;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// Bytes that a connection has received and nobody has read yet: the event loop adds buffers, the
/// request's thread takes them and waits where there are none. Above the limit the engine stops
/// reading from the socket, so TCP holds back the sender. The limit counts the capacity of the
/// buffers, not the bytes in them; otherwise a sender of single bytes could occupy a thousand times
/// its data.
final class InboundBuffer {
  /// Received pieces up to this size are appended to the previous buffer if it has room.
  private static final int SMALL = 2048;

  /// This many received bytes earn back one full time-out of waiting.
  private static final int BYTES_PER_TIMEOUT = 4096;

  private final Channel channel;
  private final int limitBytes;
  private final long timeoutNanos;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition arrived = lock.newCondition();
  private final ArrayDeque<ByteBuf> buffers = new ArrayDeque<>(4);
  private int occupiedBytes;
  private boolean paused;
  private boolean ended;
  private boolean closed;
  private Body.@Nullable BrokenException failure;
  private long waitedNanos;
  private volatile long waitingSince;

  /// @param timeout how long to wait for bytes, and on average for each [#BYTES_PER_TIMEOUT] of
  ///   them
  InboundBuffer(Channel channel, int limitBytes, Duration timeout) {
    this.channel = channel;
    this.limitBytes = limitBytes;
    this.timeoutNanos = timeout.toNanos();
  }

  /// Adds received bytes; takes over the reference.
  void offer(ByteBuf bytes) {
    lock.lock();
    try {
      if (closed || !bytes.isReadable()) {
        bytes.release();
        return;
      }
      int count = bytes.readableBytes();
      ByteBuf last = buffers.peekLast();
      if (last != null && count <= SMALL && last.writableBytes() >= count) {
        last.writeBytes(bytes);
        bytes.release();
      } else {
        buffers.addLast(bytes);
        occupiedBytes += bytes.capacity();
        if (occupiedBytes >= limitBytes && !paused) {
          paused = true;
          channel.config().setAutoRead(false);
        }
      }
      arrived.signal();
    } finally {
      lock.unlock();
    }
  }

  /// Puts back, at the front, bytes that the taker did not use.
  void putBack(ByteBuf rest) {
    lock.lock();
    try {
      if (closed || !rest.isReadable()) {
        rest.release();
        return;
      }
      buffers.addFirst(rest);
      occupiedBytes += rest.capacity();
    } finally {
      lock.unlock();
    }
  }

  /// The next bytes if some are here; the caller releases them.
  @Nullable ByteBuf poll() {
    lock.lock();
    try {
      return next();
    } finally {
      lock.unlock();
    }
  }

  /// The next bytes, waiting for them; the caller releases them.
  ///
  /// @throws Body.BrokenException where none will come
  ByteBuf take() throws IOException {
    lock.lock();
    try {
      while (true) {
        ByteBuf next = next();
        if (next != null) {
          creditReceived(next.readableBytes());
          return next;
        }
        if (failure != null) {
          throw failure;
        }
        if (ended) {
          throw new Body.BrokenException(
              Body.Cause.TRUNCATED, "The client closed the connection within the body");
        }
        long start = System.nanoTime();
        waitingSince = (start - waitedNanos) | 1;
        arrived.awaitUninterruptibly();
        waitingSince = 0;
        waitedNanos += System.nanoTime() - start;
      }
    } finally {
      lock.unlock();
    }
  }

  private void creditReceived(int bytes) {
    if (waitedNanos > 0) {
      double credit = (double) bytes / BYTES_PER_TIMEOUT * timeoutNanos;
      waitedNanos -= (long) Math.min(credit, (double) waitedNanos);
    }
  }

  /// Another body begins, with the full time-out.
  void restartTimeout() {
    lock.lock();
    try {
      waitedNanos = 0;
    } finally {
      lock.unlock();
    }
  }

  boolean isEmpty() {
    lock.lock();
    try {
      return buffers.isEmpty();
    } finally {
      lock.unlock();
    }
  }

  private @Nullable ByteBuf next() {
    ByteBuf next = buffers.pollFirst();
    if (next != null) {
      occupiedBytes -= next.capacity();
      if (paused && occupiedBytes <= limitBytes / 2) {
        paused = false;
        channel.config().setAutoRead(true);
      }
    }
    return next;
  }

  /// The sender has sent its last byte; what has been received can still be taken.
  void end() {
    lock.lock();
    try {
      ended = true;
      arrived.signalAll();
    } finally {
      lock.unlock();
    }
  }

  boolean ended() {
    lock.lock();
    try {
      return ended;
    } finally {
      lock.unlock();
    }
  }

  /// Fails the waiting reader and later ones.
  void fail(Body.BrokenException why) {
    lock.lock();
    try {
      failure = why;
      arrived.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /// Releases all buffers; the connection is closed.
  void close() {
    lock.lock();
    try {
      closed = true;
      ended = true;
      buffers.forEach(ByteBuf::release);
      buffers.clear();
      occupiedBytes = 0;
      arrived.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /// Whether a reader has waited for longer than the time-out.
  boolean stalled(long now) {
    long since = waitingSince;
    return since != 0 && now - since > timeoutNanos;
  }
}
