package io.carillon.sns.smpp;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.InstantSource;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeoutException;
import org.jsmpp.PDUStringException;
import org.jsmpp.extra.SessionState;
import org.jsmpp.session.SMPPServerSession;
import org.jsmpp.session.SMPPServerSessionListener;
import org.jsmpp.session.Session;
import org.jsmpp.session.connection.Connection;
import org.jsmpp.session.connection.ServerConnection;
import org.jsmpp.session.connection.ServerConnectionFactory;
import org.jsmpp.session.connection.socket.ServerSocketConnection;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// An SMS centre on loopback that stores what it receives, for a server without a configured
/// centre. Every bind is accepted; texts are stored durably before they are acknowledged.
public final class SmsReceiver implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SmsReceiver.class);
  private static final int MAX_SESSIONS = 32;
  private static final long BIND_TIMEOUT_MILLIS = 10_000;

  private final ServerSocket socket;
  private final SMPPServerSessionListener listener;
  private final Semaphore permits = new Semaphore(MAX_SESSIONS);
  private final Set<Session> sessions = ConcurrentHashMap.newKeySet();
  private volatile boolean closed;

  /// Starts listening.
  ///
  /// @param port 0 for any free one
  public SmsReceiver(SmsInbox inbox, int port, InstantSource clock) throws IOException {
    this.socket = new ServerSocket(port, MAX_SESSIONS, InetAddress.getLoopbackAddress());
    this.listener = new SMPPServerSessionListener(port, new LoopbackConnectionFactory(socket));
    listener.setMessageReceiverListener(new SubmitListener(inbox, clock));
    listener.setSessionStateListener((state, _, session) -> sessionChanged(state, session));
    listener.setPduProcessorDegree(1);
    Thread.ofVirtual().name("sms-receiver").start(this::accept);
  }

  public int port() {
    return socket.getLocalPort();
  }

  InetAddress address() {
    return socket.getInetAddress();
  }

  private void accept() {
    while (!closed) {
      try {
        permits.acquire();
      } catch (InterruptedException e) {
        return;
      }
      try {
        SMPPServerSession session = listener.accept();
        sessions.add(session);
        sessionChanged(session.getSessionState(), session); // it may have ended before it was added
        Thread.ofVirtual().start(() -> acceptBind(session));
      } catch (IOException e) {
        permits.release();
        if (!closed) {
          LOG.warn("The SMS receiver could not accept a connection", e);
        }
      }
    }
  }

  private void sessionChanged(SessionState state, Session session) {
    if (state == SessionState.CLOSED && sessions.remove(session)) {
      permits.release();
    }
  }

  private static void acceptBind(SMPPServerSession session) {
    try {
      session.waitForBind(BIND_TIMEOUT_MILLIS).accept("carillon");
    } catch (TimeoutException | PDUStringException | IOException | IllegalStateException e) {
      LOG.debug("A connection to the SMS receiver did not bind", e);
      session.close();
    }
  }

  @Override
  public void close() {
    closed = true;
    try {
      listener.close();
      socket.close();
    } catch (IOException e) {
      LOG.debug("The SMS receiver did not close cleanly", e);
    }
    sessions.forEach(Session::unbindAndClose);
  }

  /// jsmpp would listen on every address; this passes it a socket that listens on loopback.
  private record LoopbackConnectionFactory(ServerSocket socket) implements ServerConnectionFactory {
    @Override
    public ServerConnection listen(int port) {
      return new ServerSocketConnection(socket) {
        @Override
        public Connection accept() throws IOException {
          return new BoundedConnection(socket.accept());
        }
      };
    }

    @Override
    public ServerConnection listen(int port, int timeout) {
      return listen(port);
    }

    @Override
    public ServerConnection listen(int port, int timeout, int backlog) {
      return listen(port);
    }
  }
}
