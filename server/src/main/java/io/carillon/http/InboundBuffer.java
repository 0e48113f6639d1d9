package io.carillon.http;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// The bytes that a connection has received and nobody has read: the event loop puts buffers in,
/// the request's thread takes them out and waits where there are none. Above its limit the engine
/// stops reading from the socket, so the sender is held back by TCP; what is counted is the room
/// that buffers occupy, not the bytes in them, or a sender of single bytes could hold a
/// thousandfold.
final class InboundBuffer {
  /// Received pieces up to this size are copied behind the piece before, where it has room.
  private static final int SMALL = 2048;

  /// So many bytes make a wait as long as the patience forgotten.
  private static final int EARNING = 4096;

  private final Channel channel;
  private final int limitBytes;
  private final long patienceNanos;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition arrived = lock.newCondition();
  private final ArrayDeque<ByteBuf> buffers = new ArrayDeque<>(4);
  private int heldBytes;
  private boolean paused;
  private boolean ended;
  private boolean closed;
  private Body.@Nullable BrokenException failure;
  private long waitedNanos;
  private volatile long waitingSince;

  /// @param patience how long to wait for bytes, and on average for each [#EARNING] of them
  InboundBuffer(Channel channel, int limitBytes, Duration patience) {
    this.channel = channel;
    this.limitBytes = limitBytes;
    this.patienceNanos = patience.toNanos();
  }

  /// Puts in what has been received; takes over the reference.
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
        heldBytes += bytes.capacity();
        if (heldBytes >= limitBytes && !paused) {
          paused = true;
          channel.config().setAutoRead(false);
        }
      }
      arrived.signal();
    } finally {
      lock.unlock();
    }
  }

  /// Puts back, at the front, what its taker did not need.
  void giveBack(ByteBuf rest) {
    lock.lock();
    try {
      if (closed || !rest.isReadable()) {
        rest.release();
        return;
      }
      buffers.addFirst(rest);
      heldBytes += rest.capacity();
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
          forgetWaiting(next.readableBytes());
          return next;
        }
        if (failure != null) {
          throw failure;
        }
        if (ended) {
          throw new Body.BrokenException(Body.Breakage.TORN, "The sender stopped within the body");
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

  private void forgetWaiting(int bytes) {
    if (waitedNanos > 0) {
      double earned = (double) bytes / EARNING * patienceNanos;
      waitedNanos -= (long) Math.min(earned, waitedNanos);
    }
  }

  /// Another body begins, with all patience.
  void renewPatience() {
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
      heldBytes -= next.capacity();
      if (paused && heldBytes <= limitBytes / 2) {
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

  /// Fails whoever waits, now and later.
  void fail(Body.BrokenException why) {
    lock.lock();
    try {
      failure = why;
      arrived.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /// Lets go of everything; the connection is no more.
  void close() {
    lock.lock();
    try {
      closed = true;
      ended = true;
      buffers.forEach(ByteBuf::release);
      buffers.clear();
      heldBytes = 0;
      arrived.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /// Whether a reader has waited for longer than its patience.
  boolean stalled(long now) {
    long since = waitingSince;
    return since != 0 && now - since > patienceNanos;
  }
}
