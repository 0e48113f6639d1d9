package io.carillon.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.netty.handler.ssl.SslHandler;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One connection, as the event loop sees it. It accumulates a request's head and passes the
/// request to a virtual thread; until that thread is done with the connection, it only buffers what
/// it receives. So requests on one connection run one after the other, and responses keep their
/// order.
///
/// A connection that the server ends lingers (RFC 9112 §9.6): its sending side is closed, and
/// received data is dropped for a while. If it were closed at once, the kernel would reset a client
/// that is still sending, and the client might never see its response.
///
/// All state belongs to the event loop; volatile fields are also read by the sweep and the drain.
final class Connection extends ChannelInboundHandlerAdapter {
  private static final Logger log = LoggerFactory.getLogger(Connection.class);
  private static final long NEVER = Long.MAX_VALUE;
  private static final byte[] CONTINUE =
      "HTTP/1.1 100 Continue\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

  private enum State {
    /// Between requests, or within a head.
    HEAD,
    /// A virtual thread handles a request of this connection.
    REQUEST,
    /// The server is ending the connection; the last response is being sent.
    LINGER,
    CLOSED
  }

  private final HttpEngine engine;
  private final SocketChannel channel;
  private final @Nullable SslHandler tls;
  private final ClientSocket client;
  private final Limits limits;
  private final HeadParser parser;
  private final InboundBuffer inbound;
  private final OutboundBuffer outbound;

  private State state = State.HEAD;
  private @Nullable ByteBuf head;
  private boolean headBegun;
  private boolean outputClosed;
  private long dropped;
  private volatile boolean served;
  private volatile boolean responsePending;
  private volatile long deadline;

  /// When the connection became idle, or began to linger; 0 within a request.
  private volatile long idleSince;

  private volatile boolean evicting;

  Connection(HttpEngine engine, SocketChannel channel, @Nullable SslHandler tls) {
    this.engine = engine;
    this.channel = channel;
    this.tls = tls;
    this.client = new ClientSocket(channel.remoteAddress(), channel.localAddress());
    this.limits = engine.limits();
    this.parser = new HeadParser(limits.sizes());
    this.inbound =
        new InboundBuffer(channel, limits.sizes().bufferedBytes(), limits.times().bodyStall());
    this.outbound = new OutboundBuffer(channel, limits.sizes().bufferedBytes());
    this.deadline = in(limits.times().head());
    this.idleSince = now();
  }

  /// Never 0.
  private static long now() {
    return System.nanoTime() | 1;
  }

  private static long in(Duration time) {
    return System.nanoTime() + time.toNanos();
  }

  Request request(Head of, Body body) {
    return new Request(
        of.method(), of.rawPath(), of.rawQuery(), of.headers(), body, client, tls != null);
  }

  ClientSocket client() {
    return client;
  }

  ByteBufAllocator allocator() {
    return channel.alloc();
  }

  void sendContinue() {
    outbound.writeNow(Unpooled.wrappedBuffer(CONTINUE));
  }

  /// Ends the request, from its thread, with the last bytes of the response.
  void responded(ByteBuf last, boolean persistent) {
    onLoop(
        () -> {
          if (last.isReadable()) {
            outbound.writeNow(last);
          } else {
            last.release();
          }
          if (state != State.REQUEST) {
            return;
          }
          if (persistent) {
            awaitNext();
          } else {
            linger();
          }
        },
        last);
  }

  /// Resets the connection, so that no client takes this for the proper end of a response.
  void abort() {
    onLoop(
        () -> {
          if (channel.isOpen()) {
            channel.config().setOption(ChannelOption.SO_LINGER, 0);
            var _ = channel.close();
          }
        },
        Unpooled.EMPTY_BUFFER);
  }

  /// The server has stopped.
  void close() {
    var _ = channel.close();
  }

  /// The server stops: accepts no further request, and interrupts none.
  void drain() {
    onLoop(
        () -> {
          if (state == State.HEAD && head == null) {
            linger();
          }
        },
        Unpooled.EMPTY_BUFFER);
  }

  private void onLoop(Runnable action, ByteBuf orRelease) {
    try {
      channel.eventLoop().execute(() -> closeOnFailure(action));
    } catch (RejectedExecutionException e) {
      orRelease.release(); // The engine and its channels are closed.
    }
  }

  /// A step lost to an out-of-memory error would leave the connection stuck, so it is closed.
  private void closeOnFailure(Runnable action) {
    try {
      action.run();
    } catch (RuntimeException | Error e) {
      var _ = channel.close();
      throw e;
    }
  }

  /// Whether a response is pending or being sent.
  boolean busy() {
    return responsePending;
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    ByteBuf bytes = (ByteBuf) message;
    switch (state) {
      case HEAD -> accumulate(bytes);
      case REQUEST -> inbound.offer(bytes);
      case LINGER -> drop(bytes);
      case CLOSED -> bytes.release();
    }
  }

  private void accumulate(ByteBuf bytes) {
    if (!headBegun) {
      headBegun = true; // Once per head: empty lines before it do not extend the time-out.
      deadline = in(limits.times().head());
      idleSince = now();
    }
    ByteBuf all = head == null ? bytes : join(head, bytes);
    head = all;
    try {
      Head parsed = parser.parse(all);
      if (parsed != null) {
        head = null;
        begin(parsed, all);
      } else if (!all.isReadable()) {
        head = null;
        all.release();
      }
    } catch (Refusal e) {
      log.debug("{}: {}", client.remote(), e.getMessage());
      refuse(e.status);
    }
  }

  private ByteBuf join(ByteBuf first, ByteBuf more) {
    if (first.writableBytes() >= more.readableBytes()) {
      first.writeBytes(more);
      more.release();
      return first;
    }
    int count = first.readableBytes() + more.readableBytes();
    ByteBuf joined = channel.alloc().directBuffer(Math.max(2 * count, 1024));
    joined.writeBytes(first).writeBytes(more);
    first.release();
    more.release();
    return joined;
  }

  private void begin(Head parsed, ByteBuf rest) {
    inbound.putBack(rest);
    if (!engine.requestBegins()) {
      refuse(503);
      return;
    }
    state = State.REQUEST;
    idleSince = 0;
    responsePending = true;
    deadline = NEVER;
    inbound.restartTimeout();
    boolean started = false;
    try {
      WireBody body = new WireBody(this, inbound, limits.sizes(), parsed);
      Thread.startVirtualThread(new Exchange(engine, this, outbound, parsed, body));
      started = true;
    } finally {
      if (!started) { // out of memory
        engine.requestEnded(null);
      }
    }
  }

  private void awaitNext() {
    state = State.HEAD;
    served = true;
    headBegun = false;
    responsePending = false;
    idleSince = now();
    deadline = in(limits.times().idle());
    while (state == State.HEAD) {
      ByteBuf next = inbound.poll();
      if (next == null) {
        break;
      }
      accumulate(next);
    }
    if (state == State.HEAD && (inbound.ended() || (head == null && engine.draining()))) {
      linger();
    }
  }

  private void refuse(int status) {
    outbound.writeNow(
        Unpooled.wrappedBuffer(
            engine
                .responseHead()
                .encode(status, new Headers(), 0, ResponseHead.Persistence.CLOSE)));
    linger();
  }

  private void linger() {
    state = State.LINGER;
    idleSince = 0;
    responsePending = true;
    deadline = NEVER; // Until the response has been sent, the write time-out applies.
    releaseHead();
    for (ByteBuf next = inbound.poll(); next != null; next = inbound.poll()) {
      drop(next);
    }
    channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(flushed -> closeOutput());
  }

  private void closeOutput() {
    if (state == State.CLOSED) {
      return;
    }
    outputClosed = true;
    responsePending = false;
    idleSince = now();
    engine.changed();
    if (inbound.ended()) {
      var _ = channel.close();
      return;
    }
    deadline = in(limits.times().linger());
    if (tls == null) {
      var _ = channel.shutdownOutput();
    } else {
      var _ =
          tls.closeOutbound()
              .addListener(
                  _ -> {
                    var _ = channel.shutdownOutput();
                  });
    }
  }

  private void drop(ByteBuf bytes) {
    dropped += bytes.readableBytes();
    bytes.release();
    if (dropped > limits.sizes().lingerBytes()) {
      var _ = channel.close();
    }
  }

  private void releaseHead() {
    ByteBuf gathered = head;
    if (gathered != null) {
      head = null;
      gathered.release();
    }
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext context, Object event) {
    if (event instanceof ChannelInputShutdownEvent || event instanceof SslCloseCompletionEvent) {
      inbound.end();
      switch (state) {
        case HEAD -> linger(); // A truncated head gets no response.
        case LINGER -> {
          if (outputClosed) {
            var _ = channel.close();
          }
        }
        case REQUEST, CLOSED -> {}
      }
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    state = State.CLOSED;
    responsePending = false;
    deadline = NEVER;
    releaseHead();
    inbound.close();
    outbound.close();
    engine.closed(this);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    if (cause instanceof Error) {
      log.error("{}: closing the connection after an error", client.remote(), cause);
    } else {
      log.debug("{}: {}", client.remote(), cause.toString());
    }
    var _ = context.close();
  }

  /// Called by the sweep, from a thread other than this connection's event loop.
  void sweep(long now) {
    Limits.Times times = limits.times();
    if (inbound.stalled(now)) {
      inbound.fail(
          new Body.BrokenException(Body.Cause.TIMED_OUT, "Timed out waiting for the body"));
    }
    if (outbound.stalled(now, times.writeStall().toNanos())) {
      abort();
    } else if (deadline != NEVER && now - deadline > 0) {
      onLoop(this::expire, Unpooled.EMPTY_BUFFER);
    }
  }

  private void expire() {
    boolean due = deadline != NEVER && System.nanoTime() - deadline > 0;
    switch (state) {
      case HEAD -> {
        if (due && head != null) {
          refuse(408);
        } else if (due && head == null && outbound.idle()) {
          linger();
        }
      }
      case LINGER -> {
        if (due) {
          var _ = channel.close();
        }
      }
      case REQUEST, CLOSED -> {}
    }
  }

  /// For how long this connection has been idle; negative within a request.
  long idleNanos(long now) {
    long since = idleSince;
    return since == 0 || evicting || !outbound.idle() ? -1 : now - since;
  }

  /// Whether it has served a request.
  boolean served() {
    return served;
  }

  /// Closes this connection to make room for another, unless a request is under way. Received data
  /// may still be unread while the loop is busy, so the loop runs once before the check.
  void evict() {
    evicting = true;
    onLoop(() -> onLoop(this::closeIfIdle, Unpooled.EMPTY_BUFFER), Unpooled.EMPTY_BUFFER);
  }

  private void closeIfIdle() {
    if (System.nanoTime() - idleSince < HttpEngine.MIN_IDLE_NANOS
        || idleSince == 0
        || !outbound.idle()) {
      evicting = false;
      engine.evictionFailed();
    } else {
      var _ = channel.close();
    }
  }
}
