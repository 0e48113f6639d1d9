package io.carillon.http;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import java.io.IOException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/// Responses on their way to the socket: a request's thread writes, and waits while too many bytes
/// are unsent. So a slow reader delays only its own responses and costs bounded memory.
final class OutboundBuffer {
  private final Channel channel;
  private final int limitBytes;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition sent = lock.newCondition();
  private long unsentBytes;
  private boolean closed;
  private volatile long waitingSince;

  OutboundBuffer(Channel channel, int limitBytes) {
    this.channel = channel;
    this.limitBytes = limitBytes;
  }

  /// Writes bytes to the socket once there is room; takes over the reference.
  void write(ByteBuf bytes) throws IOException {
    try {
      awaitRoom();
    } catch (IOException e) {
      bytes.release();
      throw e;
    }
    writeNow(bytes);
  }

  void awaitRoom() throws IOException {
    lock.lock();
    try {
      while (!closed && unsentBytes >= limitBytes) {
        sent.awaitUninterruptibly();
      }
      if (closed) {
        throw new IOException("The client has disconnected");
      }
    } finally {
      lock.unlock();
    }
  }

  /// Writes bytes to the socket without waiting for room: for the last bytes of a response, and for
  /// the event loop, which must not block.
  void writeNow(ByteBuf bytes) {
    int count = bytes.readableBytes();
    lock.lock();
    try {
      if (unsentBytes == 0) {
        waitingSince = System.nanoTime() | 1;
      }
      unsentBytes += count;
    } finally {
      lock.unlock();
    }
    channel.writeAndFlush(bytes).addListener(written -> settle(count));
  }

  private void settle(int count) {
    lock.lock();
    try {
      unsentBytes -= count;
      waitingSince = unsentBytes == 0 ? 0 : System.nanoTime() | 1;
      sent.signalAll();
    } finally {
      lock.unlock();
    }
  }

  void close() {
    lock.lock();
    try {
      closed = true;
      sent.signalAll();
    } finally {
      lock.unlock();
    }
  }

  boolean idle() {
    return waitingSince == 0;
  }

  /// Whether nothing has been sent for longer than `nanos` although something waits.
  boolean stalled(long now, long nanos) {
    long since = waitingSince;
    return since != 0 && now - since > nanos;
  }
}
