package io.carillon.http;

import io.carillon.base.Reservation;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.OptionalLong;

/// A request's body as a stream. Reading blocks the (virtual) thread, which holds back the sender;
/// the first read sends `100 Continue` where the client waits for it. A truncated body throws; it
/// never just ends.
public abstract class Body extends InputStream {
  /// Bytes of memory per byte of a document: the body, its text, the values decoded from it, and
  /// the row made of them (measured with messages of 1 MiB).
  public static final int DOCUMENT_COPIES = 8;

  /// The same for a payload that is passed on unchanged or decoded straight from the body.
  public static final int PAYLOAD_COPIES = 3;

  /// Reserved at first for a body of unknown length.
  private static final int FIRST_BYTES = 8 << 10;

  /// The length of the body, if the sender declared it.
  public abstract OptionalLong length();

  /// The trailer fields; complete once the body has been read to its end, empty before.
  public abstract Headers trailers();

  /// Reads all of a document, as [#readAll(int, int)].
  public final byte[] readAll(int limitBytes) throws IOException {
    return readAll(limitBytes, DOCUMENT_COPIES);
  }

  /// Reads a body of at most `limitBytes` into memory that is reserved beforehand.
  ///
  /// @param copies how many bytes each byte of the body will occupy, decoded copies included
  /// @throws TooLargeException where it exceeds the limit
  /// @throws io.carillon.base.MemoryBudgetExceededException where the memory budget has no room for
  ///   it
  public byte[] readAll(int limitBytes, int copies) throws IOException {
    Reservation reservation = Reservation.current();
    long length = length().orElse(FIRST_BYTES);
    if (length().isPresent() && length > limitBytes) {
      throw new TooLargeException(limitBytes);
    }
    reservation.take(length * copies);
    byte[] bytes = new byte[(int) length];
    int count = 0;
    while (true) {
      if (count == bytes.length) {
        int next = read(); // read the end too: checksums are verified there
        if (next < 0) {
          return bytes;
        }
        if (count == limitBytes || length().isPresent()) {
          throw new TooLargeException(limitBytes);
        }
        long larger = Math.min(2L * Math.max(bytes.length, FIRST_BYTES / 2), limitBytes);
        reservation.take((larger - bytes.length) * copies);
        bytes = Arrays.copyOf(bytes, (int) larger);
        bytes[count++] = (byte) next;
      } else {
        int got = read(bytes, count, bytes.length - count);
        if (got < 0) {
          return Arrays.copyOf(bytes, count);
        }
        count += got;
      }
    }
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    int count = read(one, 0, 1);
    return count < 0 ? -1 : one[0] & 0xFF;
  }

  @Override
  public abstract int read(byte[] bytes, int offset, int length) throws IOException;

  /// A body longer than its reader accepts.
  public static final class TooLargeException extends IOException {
    private static final long serialVersionUID = 1L;

    public TooLargeException(long limitBytes) {
      super("The body exceeds " + limitBytes + " bytes");
    }
  }

  /// Why a body can end early.
  public enum Cause {
    /// The client closed the connection.
    TRUNCATED,
    /// The client sent too slowly; AWS answers `RequestTimeout`.
    TIMED_OUT,
    /// The chunk framing or the trailer is malformed.
    MALFORMED,
    /// The response has been sent; the body can no longer be read.
    CLOSED
  }

  /// A body that ended early.
  public static final class BrokenException extends IOException {
    private static final long serialVersionUID = 1L;

    private final Cause cause;

    public BrokenException(Cause cause, String message) {
      super(message);
      this.cause = cause;
    }

    public Cause cause() {
      return cause;
    }
  }

  /// A body in memory.
  public static Body of(byte[] bytes) {
    return new Body() {
      private int at;

      @Override
      public OptionalLong length() {
        return OptionalLong.of(bytes.length);
      }

      // The array itself: its creator has reserved the memory.
      @Override
      public byte[] readAll(int limitBytes, int copies) throws IOException {
        if (bytes.length - at > limitBytes) {
          throw new TooLargeException(limitBytes);
        }
        byte[] rest = at == 0 ? bytes : Arrays.copyOfRange(bytes, at, bytes.length);
        at = bytes.length;
        return rest;
      }

      @Override
      public Headers trailers() {
        return new Headers();
      }

      @Override
      public int read(byte[] into, int offset, int length) {
        if (length == 0) {
          return 0;
        }
        if (at == bytes.length) {
          return -1;
        }
        int count = Math.min(length, bytes.length - at);
        System.arraycopy(bytes, at, into, offset, count);
        at += count;
        return count;
      }
    };
  }
}
