package io.carillon.http;

import io.carillon.base.MemoryBudgetExceededException;
import io.carillon.base.Reservation;
import io.carillon.http.ResponseHead.Persistence;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One request and its response, on a virtual thread of its own.
///
/// An incomplete response never looks complete: a failure before the first byte was sent becomes a
/// bare error, a later one resets the connection. The last bytes of a response go to the event loop
/// together with the connection, in one hop.
final class Exchange implements Runnable {
  private static final Logger log = LoggerFactory.getLogger(Exchange.class);
  private static final int PIECE_BYTES = 128 << 10;
  private static final int SMALL_PIECE_BYTES = 8 << 10;
  private static final byte[] LAST_CHUNK = "0\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

  private final HttpEngine engine;
  private final Connection connection;
  private final OutboundBuffer outbound;
  private final Head head;
  private final WireBody body;
  private final Reservation memory;

  /// The sender whose concurrent requests are counted, if this request has one.
  private @Nullable String sender;

  private boolean started;
  private boolean persistent;

  Exchange(
      HttpEngine engine, Connection connection, OutboundBuffer outbound, Head head, WireBody body) {
    this.engine = engine;
    this.connection = connection;
    this.outbound = outbound;
    this.head = head;
    this.body = body;
    this.memory = new Reservation(engine.limits().memory());
  }

  @Override
  public void run() {
    ByteBuf last = Unpooled.EMPTY_BUFFER;
    try {
      last = answer();
      outbound.awaitRoom(); // Else responses to a client that never reads would pile up.
      if (persistent && !body.done()) {
        outbound.writeNow(last);
        last = Unpooled.EMPTY_BUFFER;
        skipRest();
      }
    } catch (Throwable e) {
      // Even where memory is too short for a log line, the connection must be closed.
      last.release();
      release();
      connection.abort();
      if (!(e instanceof IOException)) {
        log.error("{} {} failed after its response had started", head.method(), head.rawPath(), e);
      } else {
        log.debug(
            "{} {} got no complete response: {}", head.method(), head.rawPath(), e.toString());
      }
      return;
    }
    release();
    connection.responded(last, persistent);
  }

  private void release() {
    try {
      body.detach();
    } finally {
      memory.close();
      engine.requestEnded(sender);
    }
  }

  private void skipRest() {
    try {
      body.skipRest();
    } catch (IOException e) {
      persistent = false;
    }
  }

  /// Sends all of the response but its last bytes, which it returns.
  private ByteBuf answer() throws IOException {
    Response response = handle();
    try {
      return send(response);
    } catch (IOException | RuntimeException | Error e) {
      if (started) {
        throw e;
      }
      log.error("{} {}: the response could not be sent", head.method(), head.rawPath(), e);
      return send(Response.of(500));
    }
  }

  private Response handle() {
    try {
      if (engine.isUnderLoad()) {
        sender = engine.handler().sender(connection.client());
        if (!engine.admits(sender)) {
          return Response.text(503, "This function runs too many requests at a time.");
        }
      }
      return memory.call(() -> engine.handler().handle(connection.request(head, body)));
    } catch (Body.BrokenException e) {
      log.debug("{} {}: {}", head.method(), head.rawPath(), e.getMessage());
      return Response.of(e.cause() == Body.Cause.TIMED_OUT ? 408 : 400);
    } catch (Body.TooLargeException e) {
      return Response.of(413);
    } catch (MemoryBudgetExceededException e) {
      return Response.text(e.isPermanent() ? 413 : 503, e.getMessage());
    } catch (Throwable e) {
      log.error("{} {} failed", head.method(), head.rawPath(), e);
      return Response.of(500);
    }
  }

  private ByteBuf send(Response response) throws IOException {
    return switch (response.content()) {
      case Response.Content.Bytes(byte[] bytes) -> {
        persistent = mayPersist() && body.canBeSkipped();
        yield whole(response, bytes);
      }
      case Response.Content.Stream(InputStream in, long length) -> {
        persistent = mayPersist() && body.canBeSkippedLater();
        ByteBuf last = Unpooled.EMPTY_BUFFER;
        try (in) {
          last = stream(response, in, length);
        } catch (IOException | RuntimeException | Error e) {
          last.release(); // the content could not be closed
          throw e;
        }
        yield last;
      }
      case Response.Content.Chunks(Response.Writer writer) -> chunks(response, writer);
    };
  }

  private boolean mayPersist() {
    return head.keepAlive() && !engine.draining();
  }

  private boolean withoutBody(Response response) {
    return head.isHead() || response.status() == 204 || response.status() == 304;
  }

  /// The `Content-Length` of a response. HEAD reports what GET would, so there a handler without
  /// content may set the length itself; 204 and 304 have none.
  private long contentLength(Response response, long length) {
    if (response.status() == 204 || response.status() == 304) {
      return ResponseHead.NO_LENGTH;
    }
    String named = head.isHead() && length == 0 ? response.headers().first("Content-Length") : null;
    return named == null ? length : Long.parseLong(named);
  }

  private ByteBuf whole(Response response, byte[] bytes) throws IOException {
    byte[] start = encodeHead(response, contentLength(response, bytes.length));
    if (withoutBody(response)) {
      return Unpooled.wrappedBuffer(start);
    }
    if (bytes.length <= PIECE_BYTES) {
      return buffer(start, bytes, bytes.length);
    }
    write(Unpooled.wrappedBuffer(start));
    int at = 0;
    for (; bytes.length - at > PIECE_BYTES; at += PIECE_BYTES) {
      write(Unpooled.wrappedBuffer(bytes, at, PIECE_BYTES));
    }
    return Unpooled.wrappedBuffer(bytes, at, bytes.length - at);
  }

  private ByteBuf stream(Response response, InputStream in, long length) throws IOException {
    byte[] start = encodeHead(response, contentLength(response, length));
    if (withoutBody(response)) {
      return Unpooled.wrappedBuffer(start);
    }
    byte[] piece = new byte[pieceBytes(length)];
    long left = length;
    while (true) {
      int count = (int) Math.min(piece.length, left);
      if (in.readNBytes(piece, 0, count) < count) {
        throw new IOException("The content ended up to " + left + " bytes short of its length");
      }
      left -= count;
      ByteBuf next = buffer(start, piece, count);
      if (left == 0) {
        return next;
      }
      write(next);
      start = new byte[0];
    }
  }

  /// Many slow readers must not exhaust memory: where the budget has no room, a stream is sent in
  /// smaller pieces.
  private int pieceBytes(long length) {
    int bytes = (int) Math.min(PIECE_BYTES, length);
    return bytes <= SMALL_PIECE_BYTES || memory.tryTake(bytes) ? bytes : SMALL_PIECE_BYTES;
  }

  private ByteBuf chunks(Response response, Response.Writer writer) throws IOException {
    if (withoutBody(response)) {
      persistent = mayPersist() && body.canBeSkipped();
      return Unpooled.wrappedBuffer(encodeHead(response, ResponseHead.NO_LENGTH));
    }
    ChunkedOutput out = new ChunkedOutput((bytes, count) -> chunk(response, bytes, count));
    try {
      writer.writeTo(out);
    } finally {
      out.end();
    }
    byte[] rest = out.rest();
    if (!out.started()) {
      persistent = mayPersist() && body.canBeSkipped();
      return whole(response, rest);
    }
    if (!head.http11()) {
      return Unpooled.wrappedBuffer(rest);
    }
    return rest.length == 0
        ? Unpooled.wrappedBuffer(LAST_CHUNK)
        : Unpooled.wrappedBuffer(
            Unpooled.wrappedBuffer(framed(rest, rest.length)), Unpooled.wrappedBuffer(LAST_CHUNK));
  }

  private void chunk(Response response, byte[] bytes, int count) throws IOException {
    if (!started) {
      // For HTTP/1.0, the end of the connection ends the response.
      persistent = head.http11() && mayPersist() && body.canBeSkippedLater();
      write(
          Unpooled.wrappedBuffer(
              encodeHead(response, head.http11() ? ResponseHead.CHUNKED : ResponseHead.NO_LENGTH)));
    }
    write(
        head.http11()
            ? Unpooled.wrappedBuffer(framed(bytes, count))
            : Unpooled.copiedBuffer(bytes, 0, count));
  }

  private static byte[] framed(byte[] bytes, int count) {
    byte[] size = (Integer.toHexString(count) + "\r\n").getBytes(StandardCharsets.US_ASCII);
    byte[] framed = new byte[size.length + count + 2];
    System.arraycopy(size, 0, framed, 0, size.length);
    System.arraycopy(bytes, 0, framed, size.length, count);
    framed[framed.length - 2] = '\r';
    framed[framed.length - 1] = '\n';
    return framed;
  }

  private byte[] encodeHead(Response response, long length) {
    Persistence persistence =
        !persistent
            ? Persistence.CLOSE
            : head.http11() ? Persistence.DEFAULT : Persistence.KEEP_ALIVE;
    return engine.responseHead().encode(response.status(), response.headers(), length, persistence);
  }

  private ByteBuf buffer(byte[] start, byte[] bytes, int count) {
    ByteBuf out = connection.allocator().directBuffer(start.length + count);
    return out.writeBytes(start).writeBytes(bytes, 0, count);
  }

  private void write(ByteBuf bytes) throws IOException {
    started = true;
    outbound.write(bytes);
  }
}
