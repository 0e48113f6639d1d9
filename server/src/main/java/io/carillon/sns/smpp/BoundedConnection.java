package io.carillon.sns.smpp;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jsmpp.session.connection.socket.SocketConnection;

/// A connection with a limit on the length of PDUs: jsmpp allocates whatever length the peer
/// announces.
///
/// jsmpp handles PDUs on another thread than the one that reads them, and drops unhandled ones when
/// the stream ends. The response of a centre that refuses a bind and disconnects would be lost, so
/// the end of the stream is delayed until the bind has ended.
final class BoundedConnection extends SocketConnection {
  private static final int HEADER_BYTES = 16;
  private static final int MAX_BYTES = 64 << 10;

  private static final Duration MAX_END_OF_STREAM_DELAY = Duration.ofSeconds(2);

  private final InputStream in;
  private final CountDownLatch bindEnded = new CountDownLatch(1);

  BoundedConnection(Socket socket) throws IOException {
    super(socket);
    this.in = new PduStream(super.getInputStream());
  }

  @Override
  public InputStream getInputStream() {
    return in;
  }

  /// Call this when the bind was answered or given up.
  void bindEnded() {
    bindEnded.countDown();
  }

  /// Parses the frames and fails at a PDU whose length is out of bounds.
  private final class PduStream extends FilterInputStream {
    private int lengthBytesSeen;
    private int length;
    private int remaining;
    private boolean pduRead;

    PduStream(InputStream in) {
      super(in);
    }

    @Override
    public int read() throws IOException {
      int nextByte = in.read();
      if (nextByte < 0) {
        delayEndOfStream();
        return nextByte;
      }
      if (remaining > 0) {
        consumed(1);
        return nextByte;
      }
      length = length << 8 | nextByte;
      lengthBytesSeen++;
      if (lengthBytesSeen == Integer.BYTES) {
        if (length < HEADER_BYTES || length > MAX_BYTES) {
          throw new IOException("A PDU of " + length + " bytes");
        }
        remaining = length - Integer.BYTES;
        lengthBytesSeen = 0;
        length = 0;
      }
      return nextByte;
    }

    /// Reads the length of a PDU byte by byte, its body in one piece.
    @Override
    public int read(byte[] bytes, int offset, int count) throws IOException {
      if (count == 0) {
        return 0;
      }
      if (remaining == 0) {
        int nextByte = read();
        if (nextByte < 0) {
          return -1;
        }
        bytes[offset] = (byte) nextByte;
        return 1;
      }
      int bytesRead = in.read(bytes, offset, Math.min(count, remaining));
      consumed(Math.max(bytesRead, 0));
      return bytesRead;
    }

    private void consumed(int count) {
      remaining -= count;
      pduRead |= remaining == 0;
    }

    private void delayEndOfStream() {
      try {
        var _ =
            pduRead && bindEnded.await(MAX_END_OF_STREAM_DELAY.toMillis(), TimeUnit.MILLISECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
