package io.carillon.http;

import java.io.IOException;
import java.io.InputStream;
import java.util.OptionalLong;

/// A request's body as it streams in. Reading blocks the (virtual) thread and, by that, the sender;
/// the first read sends `100 Continue` where the client waits for it. A torn body throws, it never
/// just ends.
public abstract class Body extends InputStream {

  /// How many bytes will come, if the sender said so.
  public abstract OptionalLong length();

  /// The trailer fields; complete once the body has been read to its end, empty before.
  public abstract Headers trailers();

  /// Reads all of a body that must not exceed `limitBytes`.
  ///
  /// @throws TooLargeException where it does
  public byte[] readAll(int limitBytes) throws IOException {
    byte[] bytes = readNBytes(limitBytes);
    if (read() >= 0) {
      throw new TooLargeException(limitBytes);
    }
    return bytes;
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

  /// How a body can end before its end.
  public enum Breakage {
    /// The sender went away.
    TORN,
    /// The sender let too much time pass; AWS says `RequestTimeout`.
    STALLED,
    /// The chunk framing or the trailer is no HTTP.
    MALFORMED,
    /// The request has been answered; its body can no longer be read.
    OVER
  }

  /// A body that ends before its end.
  public static final class BrokenException extends IOException {
    private static final long serialVersionUID = 1L;

    private final Breakage breakage;

    public BrokenException(Breakage breakage, String message) {
      super(message);
      this.breakage = breakage;
    }

    public Breakage breakage() {
      return breakage;
    }
  }

  /// A body that is at hand.
  public static Body of(byte[] bytes) {
    return new Body() {
      private int at;

      @Override
      public OptionalLong length() {
        return OptionalLong.of(bytes.length);
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
