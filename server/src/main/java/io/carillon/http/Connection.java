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

/// One connection, as the event loop sees it. It gathers a request's head, hands the request to a
/// virtual thread, and until that thread gives the connection back only stores what arrives. So
/// requests on one connection run one after the other, and their answers cannot change places.
///
/// A connection that is given up lingers (RFC 9112 §9.6): its sending side is closed, and what
/// still arrives is dropped for a while. Closed at once, the kernel would answer a client that is
/// still sending with a reset, and the client might never see its answer.
///
/// All state belongs to the event loop; what is volatile is read by the sweep and the drain too.
final class Connection extends ChannelInboundHandlerAdapter {
  private static final Logger log = LoggerFactory.getLogger(Connection.class);
  private static final long NEVER = Long.MAX_VALUE;
  private static final byte[] CONTINUE =
      "HTTP/1.1 100 Continue\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

  private enum State {
    /// Between requests, or within a head.
    HEAD,
    /// A virtual thread has the connection.
    REQUEST,
    /// Given up; the last answer is on its way.
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
  private boolean outputShut;
  private long dropped;
  private volatile boolean served;
  private volatile boolean owing;
  private volatile long deadline;

  /// Since when nothing is asked on this connection, or it is given up; 0 within a request.
  private volatile long silentSince;

  private volatile boolean askedToGo;

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
    this.silentSince = now();
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

  /// Gives the connection back, from the request's thread, with the last bytes of the answer.
  void answered(ByteBuf last, boolean persistent) {
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

  /// Ends the connection in a way that no client takes for the proper end of an answer.
  void abort() {
    onLoop(
        () -> {
          if (channel.isOpen()) {
            channel.config().setOption(ChannelOption.SO_LINGER, 0);
            channel.close();
          }
        },
        Unpooled.EMPTY_BUFFER);
  }

  /// The server stops: no further request, and none is cut short.
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
      channel.eventLoop().execute(() -> orClose(action));
    } catch (RejectedExecutionException e) {
      orRelease.release(); // The engine has been closed, and its channels with it.
    }
  }

  /// A step that is lost for want of memory would leave the connection as it is for ever.
  private void orClose(Runnable action) {
    try {
      action.run();
    } catch (RuntimeException | Error e) {
      channel.close();
      throw e;
    }
  }

  /// Whether an answer is still owed or under way.
  boolean busy() {
    return owing;
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    ByteBuf bytes = (ByteBuf) message;
    switch (state) {
      case HEAD -> gather(bytes);
      case REQUEST -> inbound.offer(bytes);
      case LINGER -> drop(bytes);
      case CLOSED -> bytes.release();
    }
  }

  private void gather(ByteBuf bytes) {
    if (!headBegun) {
      headBegun = true; // Once for each head: empty lines before it buy no time.
      deadline = in(limits.times().head());
      silentSince = now();
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
    inbound.giveBack(rest);
    if (!engine.requestBegins()) {
      refuse(503);
      return;
    }
    state = State.REQUEST;
    silentSince = 0;
    owing = true;
    deadline = NEVER;
    inbound.renewPatience();
    boolean started = false;
    try {
      WireBody body = new WireBody(this, inbound, limits.sizes(), parsed);
      Thread.startVirtualThread(new Exchange(engine, this, outbound, parsed, body));
      started = true;
    } finally {
      if (!started) { // for want of memory
        engine.requestEnded(null);
      }
    }
  }

  private void awaitNext() {
    state = State.HEAD;
    served = true;
    headBegun = false;
    owing = false;
    silentSince = now();
    deadline = in(limits.times().idle());
    while (state == State.HEAD) {
      ByteBuf next = inbound.poll();
      if (next == null) {
        break;
      }
      gather(next);
    }
    if (state == State.HEAD && (inbound.ended() || head == null && engine.draining())) {
      linger();
    }
  }

  private void refuse(int status) {
    outbound.writeNow(
        Unpooled.wrappedBuffer(
            engine.answerHead().encode(status, new Headers(), 0, ResponseHead.Persistence.CLOSE)));
    linger();
  }

  private void linger() {
    state = State.LINGER;
    silentSince = 0;
    owing = true;
    deadline = NEVER; // Until the answer has left, the rule for stalled writers holds.
    releaseHead();
    for (ByteBuf next = inbound.poll(); next != null; next = inbound.poll()) {
      drop(next);
    }
    channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(flushed -> shutOutput());
  }

  private void shutOutput() {
    if (state == State.CLOSED) {
      return;
    }
    outputShut = true;
    owing = false;
    silentSince = now();
    engine.changed();
    if (inbound.ended()) {
      channel.close();
      return;
    }
    deadline = in(limits.times().linger());
    if (tls == null) {
      channel.shutdownOutput();
    } else {
      tls.closeOutbound().addListener(closed -> channel.shutdownOutput());
    }
  }

  private void drop(ByteBuf bytes) {
    dropped += bytes.readableBytes();
    bytes.release();
    if (dropped > limits.sizes().lingerBytes()) {
      channel.close();
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
        case HEAD -> linger(); // A head that was cut off is not answered: nobody asked anything.
        case LINGER -> {
          if (outputShut) {
            channel.close();
          }
        }
        case REQUEST, CLOSED -> {}
      }
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    state = State.CLOSED;
    owing = false;
    deadline = NEVER;
    releaseHead();
    inbound.close();
    outbound.close();
    engine.closed(this);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    if (cause instanceof Error) {
      log.error("{}: connection given up", client.remote(), cause);
    } else {
      log.debug("{}: {}", client.remote(), cause.toString());
    }
    context.close();
  }

  /// Called by the sweep, from a thread that is not this connection's.
  void sweep(long now) {
    Limits.Times times = limits.times();
    if (inbound.stalled(now)) {
      inbound.fail(new Body.BrokenException(Body.Breakage.STALLED, "The body has stopped coming"));
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
          channel.close();
        }
      }
      case REQUEST, CLOSED -> {}
    }
  }

  /// For how long nothing has been asked on this connection; negative within a request.
  long silentNanos(long now) {
    long since = silentSince;
    return since == 0 || askedToGo || !outbound.idle() ? -1 : now - since;
  }

  /// Whether a client has been answered by it.
  boolean served() {
    return served;
  }

  /// Closes this connection to make room for another, unless a request is on its way. What has come
  /// may wait to be read while the loop is busy, so the loop is let go round once before.
  void makeRoom() {
    askedToGo = true;
    onLoop(() -> onLoop(this::closeIfSilent, Unpooled.EMPTY_BUFFER), Unpooled.EMPTY_BUFFER);
  }

  private void closeIfSilent() {
    if (System.nanoTime() - silentSince < HttpEngine.TIME_TO_ASK_NANOS
        || silentSince == 0
        || !outbound.idle()) {
      askedToGo = false;
      engine.roomRefused();
    } else {
      channel.close();
    }
  }
}
