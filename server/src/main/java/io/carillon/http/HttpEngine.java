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
  /// A connection that has just come, or has just been answered, is not silent yet.
  static final long TIME_TO_ASK_NANOS = Duration.ofMillis(500).toNanos();

  private static final long TIME_TO_COME_BACK_NANOS = Duration.ofSeconds(5).toNanos();
  private static final Logger log = LoggerFactory.getLogger(HttpEngine.class);

  private final Limits limits;
  private final Handler handler;
  private final ResponseHead answerHead;
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

  /// Which of Netty's transports carries the bytes.
  enum Transport {
    EPOLL,
    NIO
  }

  /// What an engine is built on, for tests to exchange.
  record Ground(Transport transport, ByteBufAllocator allocator, InstantSource clock) {

    /// The native transport where this machine has it.
    static Ground standard() {
      return new Ground(
          Epoll.isAvailable() ? Transport.EPOLL : Transport.NIO,
          ByteBufAllocator.DEFAULT,
          InstantSource.system());
    }
  }

  /// Loads what every engine needs, ahead of the first one's start.
  public static void prepare() {
    Epoll.isAvailable();
  }

  /// Starts a server that answers as soon as this returns.
  ///
  /// @throws IOException where `bind` cannot be listened on
  public static HttpEngine start(InetSocketAddress bind, Limits limits, Handler handler)
      throws IOException {
    return start(bind, limits, handler, Ground.standard());
  }

  /// Starts a server that speaks TLS if `tls` is given.
  ///
  /// @throws IOException where `bind` cannot be listened on
  public static HttpEngine start(
      InetSocketAddress bind, Limits limits, @Nullable SSLContext tls, Handler handler)
      throws IOException {
    return new HttpEngine(bind, limits, tls, handler, Ground.standard());
  }

  static HttpEngine start(InetSocketAddress bind, Limits limits, Handler handler, Ground ground)
      throws IOException {
    return new HttpEngine(bind, limits, null, handler, ground);
  }

  private HttpEngine(
      InetSocketAddress bind,
      Limits limits,
      @Nullable SSLContext tls,
      Handler handler,
      Ground ground)
      throws IOException {
    boolean epoll = ground.transport() == Transport.EPOLL;
    this.limits = limits;
    this.handler = handler;
    this.answerHead = new ResponseHead(ground.clock());
    this.tls = tls == null ? null : nettyContext(tls);
    // A loop only moves bytes; the virtual threads need the cores more.
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
            .childOption(ChannelOption.ALLOCATOR, ground.allocator())
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
            .handler(new Gate())
            .childHandler(new Opener())
            .bind(bind)
            .awaitUninterruptibly();
    Throwable cause = bound.cause();
    if (cause != null) {
      loops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
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

  /// Time-outs are found by looking, a few times within the shortest of them.
  private static Duration sweepPeriod(Limits.Times times) {
    Duration shortest =
        Stream.of(times.head(), times.idle(), times.bodyStall(), times.writeStall(), times.linger())
            .min(Duration::compareTo)
            .orElseThrow();
    return Duration.ofMillis(Math.clamp(shortest.toMillis() / 4, 5, 1000));
  }

  /// The port that is listened on.
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

  /// Stops accepting, tells clients to go and waits until all requests that have begun are
  /// answered.
  ///
  /// @return whether they all were within `patience`
  public boolean drain(Duration patience) {
    draining = true;
    server.close().awaitUninterruptibly();
    connections.forEach(Connection::drain);
    long nanos = patience.toNanos();
    lock.lock();
    try {
      while (connections.stream().anyMatch(Connection::busy)) {
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

  /// Closes all connections, whatever runs on them.
  @Override
  public void close() {
    draining = true;
    server.close().awaitUninterruptibly();
    loops.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly();
  }

  Limits limits() {
    return limits;
  }

  Handler handler() {
    return handler;
  }

  ResponseHead answerHead() {
    return answerHead;
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

  /// Whether so many requests run that those of one sender of many have to be counted.
  boolean isCrowded() {
    return running.get() > limits.requests() / 2;
  }

  /// Counts a request of one sender of many: each may run an eighth of what the engine can, and all
  /// of them together three quarters, so that there is room for everybody else.
  ///
  /// @param sender null for one who is not counted
  /// @return whether it may run; it is counted until [#requestEnded] anyway
  boolean admits(@Nullable String sender) {
    return sender == null
        || bySender.merge(sender, 1, Integer::sum) <= Math.max(1, limits.requests() / 8)
            && running.get() <= limits.requests() - limits.requests() / 4;
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

  /// A connection owes less than before.
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

  /// A sweep that threw would be the last one.
  private void sweep() {
    try {
      long now = System.nanoTime();
      for (Connection connection : connections) {
        connection.sweep(now);
      }
      if (accepted.get() >= limits.connections()) {
        makeRoom(); // for those whom the kernel keeps waiting
      }
    } catch (RuntimeException | Error e) {
      log.error("Connections could not be looked through; trying again", e);
    }
  }

  /// Closes the connection that has been silent for longest. One that has never asked goes first,
  /// once it had the time to; one that clients come back to only after a longer silence, or where
  /// there are no others.
  ///
  /// @return whether there was one
  private boolean makeRoom() {
    long now = System.nanoTime();
    Connection unused = null;
    Connection served = null;
    long unusedNanos = TIME_TO_ASK_NANOS;
    long servedNanos = TIME_TO_ASK_NANOS;
    boolean anyUnused = false;
    for (Connection connection : connections) {
      long silent = connection.silentNanos(now);
      if (connection.served()) {
        if (silent >= servedNanos) {
          served = connection;
          servedNanos = silent;
        }
      } else if (silent >= 0) {
        anyUnused = true;
        if (silent >= unusedNanos) {
          unused = connection;
          unusedNanos = silent;
        }
      }
    }
    boolean spareServed = anyUnused && servedNanos < TIME_TO_COME_BACK_NANOS;
    Connection oldest = unused != null || spareServed ? unused : served;
    if (oldest == null) {
      return false;
    }
    oldest.makeRoom();
    return true;
  }

  /// A connection that was to make room is in use again.
  void roomRefused() {
    if (!makeRoom()) {
      server.config().setAutoRead(false);
    }
  }

  /// Counts connections. Where there are enough, the one that has been silent for longest is closed
  /// for each that comes; where none is silent, accepting stops, and whoever comes later waits in
  /// the kernel's queue instead of being refused.
  private final class Gate extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      Channel child = (Channel) message;
      if (accepted.incrementAndGet() >= limits.connections() && !makeRoom()) {
        context.channel().config().setAutoRead(false);
      }
      Channel gate = context.channel();
      // On the gate's own loop, so that leaving and entering cannot overtake one another.
      child.closeFuture().addListener(closed -> gate.eventLoop().execute(() -> left(gate)));
      context.fireChannelRead(message);
    }

    private void left(Channel serverChannel) {
      if (accepted.decrementAndGet() < limits.connections()
          && !serverChannel.config().isAutoRead()) {
        serverChannel.config().setAutoRead(true);
      }
    }
  }

  private final class Opener extends ChannelInitializer<SocketChannel> {
    @Override
    protected void initChannel(SocketChannel channel) {
      SslHandler handshake = tls == null ? null : tls.newHandler(channel.alloc());
      if (handshake != null) {
        channel.pipeline().addLast(handshake);
      }
      Connection connection = new Connection(HttpEngine.this, channel, handshake);
      channel.pipeline().addLast(connection);
      connections.add(connection);
      if (draining) {
        connection.drain();
      }
    }
  }
}
