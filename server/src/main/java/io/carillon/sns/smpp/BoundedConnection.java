package io.carillon.sns.smpp;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jsmpp.session.connection.socket.SocketConnection;

/// A connection whose far end cannot announce endless PDUs: jsmpp makes room for whatever length it
/// is told.
///
/// jsmpp handles PDUs beside the thread that reads them, and drops what it has not handled when the
/// stream ends. A centre that refuses a bind and hangs up would go unheard, so the end of the
/// stream is held back until the bind has ended.
final class BoundedConnection extends SocketConnection {
  private static final int HEADER_BYTES = 16;
  private static final int MAX_BYTES = 64 << 10;

  private static final Duration LONGEST_HOLD = Duration.ofSeconds(2);

  private final InputStream in;
  private final CountDownLatch bindEnded = new CountDownLatch(1);

  BoundedConnection(Socket socket) throws IOException {
    super(socket);
    this.in = new Pdus(super.getInputStream());
  }

  @Override
  public InputStream getInputStream() {
    return in;
  }

  /// Says that the bind was answered or given up.
  void bindEnded() {
    bindEnded.countDown();
  }

  /// Follows the frames of what is read and ends the stream at one that is out of bounds.
  private final class Pdus extends FilterInputStream {
    private int lengthBytesSeen;
    private int length;
    private int left;
    private boolean answered;

    Pdus(InputStream in) {
      super(in);
    }

    @Override
    public int read() throws IOException {
      int next = in.read();
      if (next < 0) {
        hold();
        return next;
      }
      if (left > 0) {
        took(1);
        return next;
      }
      length = length << 8 | next;
      lengthBytesSeen++;
      if (lengthBytesSeen == Integer.BYTES) {
        if (length < HEADER_BYTES || length > MAX_BYTES) {
          throw new IOException("A PDU of " + length + " bytes");
        }
        left = length - Integer.BYTES;
        lengthBytesSeen = 0;
        length = 0;
      }
      return next;
    }

    /// Of a PDU's length only a byte at a time, of its body what is left.
    @Override
    public int read(byte[] bytes, int offset, int count) throws IOException {
      if (count == 0) {
        return 0;
      }
      if (left == 0) {
        int next = read();
        if (next < 0) {
          return -1;
        }
        bytes[offset] = (byte) next;
        return 1;
      }
      int got = in.read(bytes, offset, Math.min(count, left));
      took(Math.max(got, 0));
      return got;
    }

    private void took(int count) {
      left -= count;
      answered |= left == 0;
    }

    private void hold() {
      try {
        var _ = answered && bindEnded.await(LONGEST_HOLD.toMillis(), TimeUnit.MILLISECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
