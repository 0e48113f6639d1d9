package io.carillon.http;

import io.carillon.http.Head.Framing;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// A body read from the wire. The request's own thread decodes the framing while it reads, straight
/// from the received buffers into the reader's array.
///
/// Chunk extensions are ignored (RFC 9112 §7.1.1). They and the framing of very small chunks are
/// bounded: a sender may spend as many bytes on framing as on data, plus 16 KiB.
final class WireBody extends Body {
  private static final int FREE_FRAMING_BYTES = 16 << 10;
  private static final int LONGEST_CHUNK_LINE = 8 << 10;
  private static final long UNKNOWN = -1;

  private final Connection connection;
  private final InboundBuffer inbound;
  private final Limits.Sizes limits;
  private final boolean chunked;
  private final long lengthBytes;
  private final Headers trailers = new Headers();
  private boolean continuePending;

  private @Nullable ByteBuf current;
  private long left; // of the body or of the chunk
  private boolean firstChunk = true;
  private long framingBytes;
  private boolean done;
  private @Nullable BrokenException broken;
  private boolean mayWait = true;
  private volatile boolean over;

  WireBody(Connection connection, InboundBuffer inbound, Limits.Sizes limits, Head head) {
    this.connection = connection;
    this.inbound = inbound;
    this.limits = limits;
    this.continuePending = head.expectsContinue();
    switch (head.framing()) {
      case Framing.Length(long bytes) -> {
        chunked = false;
        lengthBytes = bytes;
        left = bytes;
        done = bytes == 0;
      }
      case Framing.Chunked() -> {
        chunked = true;
        lengthBytes = UNKNOWN;
      }
    }
  }

  @Override
  public OptionalLong length() {
    return chunked ? OptionalLong.empty() : OptionalLong.of(lengthBytes);
  }

  @Override
  public Headers trailers() {
    return done ? trailers : new Headers();
  }

  @Override
  public int available() {
    ByteBuf at = current;
    return at == null || over ? 0 : (int) Math.min(left, at.readableBytes());
  }

  @Override
  public int read(byte[] into, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, into.length);
    if (done && continuePending) {
      // The body is empty, yet a client that sent `Expect` waits for the 100 (botocore does).
      continuePending = false;
      connection.sendContinue();
    }
    if (length == 0) {
      return 0;
    }
    if (over) {
      throw new BrokenException(Cause.CLOSED, "The response has been sent");
    }
    if (broken != null) {
      throw broken;
    }
    try {
      if (!advance()) {
        return -1;
      }
      ByteBuf from = fill();
      int count = (int) Math.min(Math.min(left, length), from.readableBytes());
      from.readBytes(into, offset, count);
      consumed(count);
      return count;
    } catch (BrokenException e) {
      broken = e;
      throw e;
    }
  }

  /// Steps over framing until data or the end is next; false at the end.
  private boolean advance() throws IOException {
    if (done) {
      return false;
    }
    if (chunked && left == 0) {
      nextChunk();
    }
    return !done;
  }

  private void consumed(int count) {
    left -= count;
    if (!chunked && left == 0) {
      done = true;
    }
    releaseIfEmpty();
  }

  private void nextChunk() throws IOException {
    if (!firstChunk && !readLine(2).isEmpty()) {
      throw malformed("A chunk does not end after its declared size");
    }
    firstChunk = false;
    String line = readLine(LONGEST_CHUNK_LINE);
    left = chunkSize(line);
    // Sixteen bytes of framing per chunk are free, however small the chunk.
    framingBytes += Math.max(0, line.length() - 16 - left);
    if (framingBytes > FREE_FRAMING_BYTES) {
      throw malformed("Chunk extensions take more room than the data");
    }
    if (left == 0) {
      readTrailers();
      done = true;
      releaseIfEmpty();
    }
  }

  private static long chunkSize(String line) throws BrokenException {
    long size = 0;
    int at = 0;
    for (; at < line.length(); at++) {
      char c = line.charAt(at);
      int digit = c < 128 ? Character.digit(c, 16) : -1;
      if (digit < 0) {
        break;
      }
      if (at == 15) {
        throw malformed("The chunk size is too large");
      }
      size = size << 4 | digit;
    }
    int rest = at;
    while (rest < line.length() && (line.charAt(rest) == ' ' || line.charAt(rest) == '\t')) {
      rest++;
    }
    if (at == 0 || (rest < line.length() && line.charAt(rest) != ';')) {
      throw malformed("Malformed chunk size");
    }
    return size;
  }

  private void readTrailers() throws IOException {
    int total = 0;
    while (true) {
      String line = readLine(limits.headBytes() - total);
      if (line.isEmpty()) {
        return;
      }
      total += line.length() + 2;
      if (trailers.size() == limits.headerCount()) {
        throw malformed("Too many trailer fields");
      }
      try {
        byte[] bytes = line.getBytes(StandardCharsets.ISO_8859_1);
        FieldLine.parse(bytes, 0, bytes.length, trailers);
      } catch (Refusal e) {
        throw new BrokenException(Cause.MALFORMED, String.valueOf(e.getMessage()));
      }
    }
  }

  /// A line without its CR LF; control characters but the tab are rejected.
  private String readLine(int longest) throws IOException {
    StringBuilder line = new StringBuilder(32);
    while (true) {
      char c = (char) (fill().readByte() & 0xFF);
      if (c == '\r') {
        if (fill().readByte() != '\n') {
          throw malformed("CR without LF in the chunk framing");
        }
        return line.toString();
      }
      if ((c < 0x20 && c != '\t') || c == 0x7F) {
        throw malformed("Control character in the chunk framing");
      }
      if (line.length() >= longest) {
        throw malformed("A line of the chunk framing is too long");
      }
      line.append(c);
    }
  }

  private static BrokenException malformed(String why) {
    return new BrokenException(Cause.MALFORMED, why);
  }

  /// A buffer with at least one byte.
  private ByteBuf fill() throws IOException {
    ByteBuf at = current;
    if (at != null && at.isReadable()) {
      return at;
    }
    releaseIfEmpty();
    if (continuePending) {
      continuePending = false;
      // A client that has sent part of its body is not waiting.
      if (inbound.isEmpty()) {
        connection.sendContinue();
      }
    }
    ByteBuf next = mayWait ? inbound.take() : inbound.poll();
    if (next == null) {
      throw new BrokenException(Cause.CLOSED, "The rest of the body has not arrived");
    }
    current = next;
    return next;
  }

  private void releaseIfEmpty() {
    ByteBuf at = current;
    if (at != null && !at.isReadable()) {
      at.release();
      current = null;
    }
  }

  /// Whether the connection can be reused: the rest of this body is here, or small enough to be
  /// read and dropped. Called before the response starts, whose head has to declare it, and once
  /// nobody reads the body any more, since it may drop what has been received.
  boolean canBeSkipped() {
    return canBeSkippedLater()
        || (chunked && broken == null && !awaitsContinue() && skipReceived());
  }

  /// The same while the handler may still read. A client that got a response without the `100
  /// Continue` it asked for may not reuse its connection: botocore sends nothing more on it.
  boolean canBeSkippedLater() {
    return (done && !continuePending)
        || (broken == null && !awaitsContinue() && !chunked && left <= limits.drainedBytes());
  }

  /// Whether the client waits for `100 Continue`, so that it is unknown whether it will send its
  /// body.
  private boolean awaitsContinue() {
    return continuePending && current == null && inbound.isEmpty();
  }

  private boolean skipReceived() {
    mayWait = false;
    try {
      for (long dropped = 0; dropped <= limits.drainedBytes(); ) {
        if (!advance()) {
          return true;
        }
        dropped += skip();
      }
      return false;
    } catch (IOException e) {
      return false;
    }
  }

  /// Reads and drops the rest of a body that [#canBeSkipped].
  void skipRest() throws IOException {
    while (advance()) {
      skip();
    }
  }

  private int skip() throws IOException {
    ByteBuf from = fill();
    int count = (int) Math.min(left, from.readableBytes());
    from.skipBytes(count);
    consumed(count);
    return count;
  }

  boolean done() {
    return done;
  }

  /// Ends the body with its request: bytes that follow it go back to the connection.
  void detach() {
    over = true;
    ByteBuf at = current;
    if (at != null) {
      current = null;
      inbound.putBack(at);
    }
  }
}
