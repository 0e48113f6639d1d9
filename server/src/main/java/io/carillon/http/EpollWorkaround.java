package io.carillon.http;

import io.netty.channel.IoHandle;
import io.netty.channel.IoHandler;
import io.netty.channel.IoHandlerContext;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.IoOps;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollIoOps;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Netty's epoll handler, with workarounds for two faults of 4.2.18 that show when reading is
/// paused and the client shuts its output down, as it may:
///
/// - Notified of the end before it has read the data (EPOLLRDHUP), Netty reads on to the end
///   although reading is paused. So the notification is suppressed; Netty finds the end behind the
///   data.
/// - Netty removes a channel without interest from the epoll set, but when interest returns, it
///   modifies the missing entry, and the failure closes the connection. So such a channel is
///   registered again.
final class EpollWorkaround implements IoHandler {
  private static final Logger log = LoggerFactory.getLogger(EpollWorkaround.class);

  private final IoHandler epoll;

  private EpollWorkaround(IoHandler epoll) {
    this.epoll = epoll;
  }

  static IoHandlerFactory newFactory() {
    IoHandlerFactory factory = EpollIoHandler.newFactory();
    return executor -> new EpollWorkaround(factory.newHandler(executor));
  }

  @Override
  public IoRegistration register(IoHandle handle) throws Exception {
    return new Registration(handle, epoll.register(handle));
  }

  @Override
  public void initialize() {
    epoll.initialize();
  }

  @Override
  public int run(IoHandlerContext context) {
    try {
      return epoll.run(context);
    } catch (OutOfMemoryError e) {
      // Netty would end the loop and every connection on it.
      log.error("An event loop ran out of memory; continuing", e);
      return 0;
    }
  }

  @Override
  public void prepareToDestroy() {
    epoll.prepareToDestroy();
  }

  @Override
  public void destroy() {
    epoll.destroy();
  }

  @Override
  public void wakeup() {
    epoll.wakeup();
  }

  @Override
  public boolean isCompatible(Class<? extends IoHandle> type) {
    return epoll.isCompatible(type);
  }

  /// Used on its event loop only, where channels submit.
  private final class Registration implements IoRegistration {
    private final IoHandle handle;
    private IoRegistration current;
    private boolean added;
    private boolean suspended;
    private boolean cancelled;

    Registration(IoHandle handle, IoRegistration first) {
      this.handle = handle;
      this.current = first;
    }

    @Override
    @SuppressWarnings("TypeParameterUnusedInFormals") // Netty's signature
    public <T> T attachment() {
      return current.attachment();
    }

    @Override
    public long submit(IoOps ops) {
      EpollIoOps wanted = ((EpollIoOps) ops).without(EpollIoOps.EPOLLRDHUP);
      boolean none = wanted.value() == EpollIoOps.NONE.value();
      if (cancelled) {
        return -1;
      }
      if (none && added) {
        added = false;
        suspended = true;
        current.cancel();
      }
      if (none) {
        return 0;
      }
      if (suspended) {
        suspended = false;
        current = reregister();
      }
      added = true;
      return current.submit(wanted);
    }

    private IoRegistration reregister() {
      try {
        return epoll.register(handle);
      } catch (Exception e) {
        throw new IllegalStateException("A channel could not be registered again", e);
      }
    }

    @Override
    public boolean isValid() {
      return !cancelled && (suspended || current.isValid());
    }

    @Override
    public boolean cancel() {
      cancelled = true;
      return suspended || current.cancel();
    }
  }
}
