package io.carillon.http;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.ServerSocketChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.IdentityCipherSuiteFilter;
import io.netty.handler.ssl.JdkSslContext;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// An HTTP/1.1 server: Netty's event loop in front, one virtual thread for each request behind it.
///
/// The event loop reads heads and moves buffers; everything that may block (a handler, a body, a
/// slow reader) blocks a virtual thread. The engine has no framework in it: what HTTP demands of a
/// server is in this package and tested by raw sockets.
public final class HttpEngine implements AutoCloseable {
  /// A connection is idle only after this long without a request, counted from its opening or its
  /// last response.
  static final long MIN_IDLE_NANOS = Duration.ofMillis(500).toNanos();

  /// How long closing waits for event loops that are busy.
  private static final Duration CLOSING = Duration.ofSeconds(2);

  private static final long MIN_KEEP_ALIVE_NANOS = Duration.ofSeconds(5).toNanos();
  private static final Logger log = LoggerFactory.getLogger(HttpEngine.class);

  private final Limits limits;
  private final Handler handler;
  private final ResponseHead responseHead;
  private final @Nullable SslContext tls;
  private final EventLoopGroup loops;
  private final ServerSocketChannel server;
  private final Set<Connection> connections = ConcurrentHashMap.newKeySet();
  private final AtomicInteger accepted = new AtomicInteger();
  private final AtomicInteger running = new AtomicInteger();
  private final ConcurrentHashMap<String, Integer> bySender = new ConcurrentHashMap<>();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private volatile boolean draining;
  private volatile boolean closing;

  /// Which of Netty's transports is used.
  enum Transport {
    EPOLL,
    NIO
  }

  /// What an engine is built on; tests replace it.
  record Platform(Transport transport, ByteBufAllocator allocator, InstantSource clock) {

    /// The native transport where this machine supports it.
    static Platform standard() {
      return new Platform(
          Epoll.isAvailable() ? Transport.EPOLL : Transport.NIO,
          ByteBufAllocator.DEFAULT,
          InstantSource.system());
    }
  }

  /// Loads native libraries ahead of the first engine's start.
  public static void prepare() {
    Epoll.isAvailable();
  }

  /// Starts a server that accepts connections as soon as this returns.
  ///
  /// @throws IOException where `bind` cannot be listened on
  public static HttpEngine start(InetSocketAddress bind, Limits limits, Handler handler)
      throws IOException {
    return start(bind, limits, handler, Platform.standard());
  }

  /// Starts a server that speaks TLS if `tls` is given.
  ///
  /// @throws IOException where `bind` cannot be listened on
  public static HttpEngine start(
      InetSocketAddress bind, Limits limits, @Nullable SSLContext tls, Handler handler)
      throws IOException {
    return new HttpEngine(bind, limits, tls, handler, Platform.standard());
  }

  static HttpEngine start(InetSocketAddress bind, Limits limits, Handler handler, Platform platform)
      throws IOException {
    return new HttpEngine(bind, limits, null, handler, platform);
  }

  private HttpEngine(
      InetSocketAddress bind,
      Limits limits,
      @Nullable SSLContext tls,
      Handler handler,
      Platform platform)
      throws IOException {
    boolean epoll = platform.transport() == Transport.EPOLL;
    this.limits = limits;
    this.handler = handler;
    this.responseHead = new ResponseHead(platform.clock());
    this.tls = tls == null ? null : nettyContext(tls);
    // The event loops only move bytes; the virtual threads need the cores more.
    int loopCount = Math.max(1, Runtime.getRuntime().availableProcessors() / 2);
    this.loops =
        new MultiThreadIoEventLoopGroup(
            loopCount,
            new DefaultThreadFactory("http"),
            epoll ? EpollWorkaround.newFactory() : NioIoHandler.newFactory());
    ChannelFuture bound =
        new ServerBootstrap()
            .group(loops)
            .channel(epoll ? EpollServerSocketChannel.class : NioServerSocketChannel.class)
            .option(ChannelOption.SO_BACKLOG, 1024)
            .option(ChannelOption.SO_REUSEADDR, true)
            .childOption(ChannelOption.ALLOCATOR, platform.allocator())
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
            .handler(new ConnectionLimiter())
            .childHandler(new ConnectionInitializer())
            .bind(bind)
            .awaitUninterruptibly();
    Throwable cause = bound.cause();
    if (cause != null) {
      var _ = loops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
      throw new IOException("Cannot listen on " + bind + ": " + cause.getMessage(), cause);
    }
    this.server = (ServerSocketChannel) bound.channel();
    long period = sweepPeriod(limits.times()).toNanos();
    var _ = loops.next().scheduleWithFixedDelay(this::sweep, period, period, TimeUnit.NANOSECONDS);
  }

  private static SslContext nettyContext(SSLContext tls) {
    return new JdkSslContext(
        tls,
        false,
        null,
        IdentityCipherSuiteFilter.INSTANCE_DEFAULTING_TO_SUPPORTED_CIPHERS,
        null,
        ClientAuth.NONE,
        null,
        false);
  }

  /// The sweep finds expired time-outs; it runs a few times within the shortest of them.
  private static Duration sweepPeriod(Limits.Times times) {
    Duration shortest =
        Stream.of(times.head(), times.idle(), times.bodyStall(), times.writeStall(), times.linger())
            .min(Duration::compareTo)
            .orElseThrow();
    return Duration.ofMillis(Math.clamp(shortest.toMillis() / 4, 5, 1000));
  }

  /// The port it listens on.
  public int port() {
    return server.localAddress().getPort();
  }

  /// How many connections are open.
  public int connections() {
    return accepted.get();
  }

  /// How many requests are running.
  public int requests() {
    return running.get();
  }

  /// Stops accepting, closes idle connections and waits until all requests that have begun have
  /// their responses.
  ///
  /// @return whether they all had within `patience`
  public boolean drain(Duration patience) {
    draining = true;
    server.close().awaitUninterruptibly();
    connections.forEach(Connection::drain);
    return awaitNone(Connection::busy, patience);
  }

  /// Closes all connections, including those with running requests.
  ///
  /// They are closed before their loops end: a loop of Netty 4.2 that is asked to end while it runs
  /// tasks ends without having closed its channels (`SingleThreadIoEventLoop.run`), and one whose
  /// interest is suspended ([EpollWorkaround]) is not known to it.
  @Override
  public void close() {
    draining = true;
    closing = true;
    server.close().awaitUninterruptibly();
    connections.forEach(Connection::close);
    var _ = awaitNone(_ -> true, CLOSING);
    loops.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly();
  }

  /// Waits until no connection is of these. Only a draining engine signals its changes.
  ///
  /// @return whether there was none within `patience`
  private boolean awaitNone(Predicate<Connection> these, Duration patience) {
    long nanos = patience.toNanos();
    lock.lock();
    try {
      while (connections.stream().anyMatch(these)) {
        if (nanos <= 0) {
          return false;
        }
        nanos = changed.awaitNanos(nanos);
      }
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } finally {
      lock.unlock();
    }
  }

  Limits limits() {
    return limits;
  }

  Handler handler() {
    return handler;
  }

  ResponseHead responseHead() {
    return responseHead;
  }

  boolean draining() {
    return draining;
  }

  /// Asks for permission to run one more request.
  boolean requestBegins() {
    if (running.incrementAndGet() > limits.requests()) {
      running.decrementAndGet();
      return false;
    }
    return true;
  }

  /// Whether the engine is half full, so that requests are counted per sender.
  boolean isUnderLoad() {
    return running.get() > limits.requests() / 2;
  }

  /// Counts a request of a limited sender: each may run an eighth of the engine's requests, and all
  /// of them together three quarters, so that other clients always find room.
  ///
  /// @param sender null for a client that is not limited
  /// @return whether it may run; it is counted until [#requestEnded] either way
  boolean admits(@Nullable String sender) {
    return sender == null
        || (bySender.merge(sender, 1, Integer::sum) <= Math.max(1, limits.requests() / 8)
            && running.get() <= limits.requests() - limits.requests() / 4);
  }

  void requestEnded(@Nullable String sender) {
    running.decrementAndGet();
    if (sender != null) {
      bySender.computeIfPresent(sender, (_, count) -> count == 1 ? null : count - 1);
    }
  }

  void closed(Connection connection) {
    connections.remove(connection);
    changed();
  }

  /// A pending response has been sent, or a connection has closed.
  void changed() {
    if (draining) {
      lock.lock();
      try {
        changed.signalAll();
      } finally {
        lock.unlock();
      }
    }
  }

  /// An exception would cancel the schedule, so none leaves the sweep.
  private void sweep() {
    try {
      long now = System.nanoTime();
      for (Connection connection : connections) {
        connection.sweep(now);
      }
      if (accepted.get() >= limits.connections()) {
        evictIdle(); // for clients in the kernel's accept queue
      }
    } catch (RuntimeException | Error e) {
      log.error("The sweep of connections failed; it will be repeated", e);
    }
  }

  /// Closes the connection that has been idle for longest. Connections that have served no request
  /// go first, once they had the time to send one; a connection that has served requests goes only
  /// after a longer idle time, or where there is no other.
  ///
  /// @return whether there was one
  private boolean evictIdle() {
    long now = System.nanoTime();
    Connection unused = null;
    Connection served = null;
    long unusedNanos = MIN_IDLE_NANOS;
    long servedNanos = MIN_IDLE_NANOS;
    boolean unusedExists = false;
    for (Connection connection : connections) {
      long idle = connection.idleNanos(now);
      if (connection.served()) {
        if (idle >= servedNanos) {
          served = connection;
          servedNanos = idle;
        }
      } else if (idle >= 0) {
        unusedExists = true;
        if (idle >= unusedNanos) {
          unused = connection;
          unusedNanos = idle;
        }
      }
    }
    boolean keepServed = unusedExists && servedNanos < MIN_KEEP_ALIVE_NANOS;
    Connection candidate = unused != null || keepServed ? unused : served;
    if (candidate == null) {
      return false;
    }
    candidate.evict();
    return true;
  }

  /// A connection chosen for eviction is in use again.
  void evictionFailed() {
    if (!evictIdle()) {
      server.config().setAutoRead(false);
    }
  }

  /// Bounds the number of connections. At the limit, each new connection evicts the one that has
  /// been idle for longest; where none is idle, accepting stops, and new clients wait in the
  /// kernel's accept queue instead of being refused.
  private final class ConnectionLimiter extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      Channel child = (Channel) message;
      if (accepted.incrementAndGet() >= limits.connections() && !evictIdle()) {
        context.channel().config().setAutoRead(false);
      }
      Channel acceptor = context.channel();
      // On the server channel's own loop, so that closing and accepting do not race.
      child
          .closeFuture()
          .addListener(closed -> acceptor.eventLoop().execute(() -> connectionClosed(acceptor)));
      context.fireChannelRead(message);
    }

    private void connectionClosed(Channel serverChannel) {
      if (accepted.decrementAndGet() < limits.connections()
          && !serverChannel.config().isAutoRead()) {
        serverChannel.config().setAutoRead(true);
      }
    }
  }

  private final class ConnectionInitializer extends ChannelInitializer<SocketChannel> {
    @Override
    protected void initChannel(SocketChannel channel) {
      SslHandler handshake = tls == null ? null : tls.newHandler(channel.alloc());
      if (handshake != null) {
        channel.pipeline().addLast(handshake);
      }
      Connection connection = new Connection(HttpEngine.this, channel, handshake);
      channel.pipeline().addLast(connection);
      connections.add(connection);
      if (closing) {
        connection.close();
      } else if (draining) {
        connection.drain();
      }
    }
  }
}
