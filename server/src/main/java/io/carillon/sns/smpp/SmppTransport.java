package io.carillon.sns.smpp;

import io.carillon.base.Secret;
import io.carillon.outbox.DeliveryOutcome;
import io.carillon.sns.SmsTransport;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jsmpp.InvalidResponseException;
import org.jsmpp.PDUException;
import org.jsmpp.SMPPConstant;
import org.jsmpp.bean.Alphabet;
import org.jsmpp.bean.BindType;
import org.jsmpp.bean.DataCoding;
import org.jsmpp.bean.ESMClass;
import org.jsmpp.bean.GSMSpecificFeature;
import org.jsmpp.bean.GeneralDataCoding;
import org.jsmpp.bean.MessageMode;
import org.jsmpp.bean.MessageType;
import org.jsmpp.bean.NumberingPlanIndicator;
import org.jsmpp.bean.RegisteredDelivery;
import org.jsmpp.bean.TypeOfNumber;
import org.jsmpp.extra.NegativeResponseException;
import org.jsmpp.extra.ResponseTimeoutException;
import org.jsmpp.session.BindParameter;
import org.jsmpp.session.SMPPSession;
import org.jspecify.annotations.Nullable;

/// Sends text messages to an SMS centre by SMPP 3.4, over one session that is bound when it is
/// first needed and bound again when it is lost.
///
/// The centre's response decides: throttling and full queues postpone without using up an attempt,
/// the centre's own failures are retried, other refusals are final. Without a response, the whole
/// text is retried under the same reference, so that a phone that got some of its parts can still
/// assemble it.
public final class SmppTransport implements SmsTransport, AutoCloseable {

  /// @param systemId our user name there
  public record Center(String host, int port, String systemId, Secret password) {

    /// An SMS centre on this machine, without authentication.
    public static Center local(int port) {
      return new Center("127.0.0.1", port, "carillon", new Secret(""));
    }
  }

  private static final Set<Integer> BUSY =
      Set.of(SMPPConstant.STAT_ESME_RTHROTTLED, SMPPConstant.STAT_ESME_RMSGQFUL);
  private static final Set<Integer> CENTER_FAILURES =
      Set.of(SMPPConstant.STAT_ESME_RSYSERR, SMPPConstant.STAT_ESME_RSUBMITFAIL);

  /// How long to wait for the response to an unbind. The driver loses a response that comes
  /// together with the end of the connection, so a missing one is common.
  private static final Duration UNBIND_TIMEOUT = Duration.ofMillis(500);

  private final Center center;
  private final String sender;
  private final Semaphore permits;
  private final Duration timeout;
  private final ReentrantLock binding = new ReentrantLock();
  private @Nullable SMPPSession session;

  /// While a bind is under way; guarded by `binding`.
  private @Nullable BoundedConnection connecting;

  private boolean closed;

  /// @param sender the default sender: a number or up to 11 letters
  /// @param window how many texts are sent concurrently
  /// @param timeout how long the centre may stay silent
  public SmppTransport(Center center, String sender, int window, Duration timeout) {
    this.center = center;
    this.sender = sender;
    this.permits = new Semaphore(window);
    this.timeout = timeout;
  }

  @Override
  public DeliveryOutcome send(TextMessage message) {
    try {
      if (!permits.tryAcquire(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
        return new DeliveryOutcome.Postponed(
            "the SMS centre is busy with other texts", Duration.ZERO);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new DeliveryOutcome.Postponed("interrupted", Duration.ZERO);
    }
    try {
      return submit(message);
    } finally {
      permits.release();
    }
  }

  private DeliveryOutcome submit(TextMessage message) {
    SMPPSession boundSession;
    try {
      boundSession = session();
    } catch (IOException e) {
      return e.getCause() instanceof NegativeResponseException refused
          ? new DeliveryOutcome.Postponed(
              "the SMS centre refuses the bind: " + refused.getMessage(), Duration.ZERO)
          : new DeliveryOutcome.Retry("the SMS centre cannot be reached: " + e.getMessage());
    }
    Segments segments = Segments.of(message.text(), message.id().hashCode());
    try {
      for (byte[] body : segments.bodies()) {
        submit(boundSession, message, segments, body);
      }
      return DeliveryOutcome.done();
    } catch (NegativeResponseException e) {
      return refused(e);
    } catch (PDUException e) {
      return new DeliveryOutcome.Rejected("this text cannot be put into SMPP: " + e.getMessage());
    } catch (InvalidResponseException | ResponseTimeoutException | IOException e) {
      discard(boundSession);
      return new DeliveryOutcome.Retry("the SMS centre: " + e.getMessage());
    }
  }

  private void submit(SMPPSession boundSession, TextMessage message, Segments segments, byte[] body)
      throws NegativeResponseException,
          PDUException,
          InvalidResponseException,
          ResponseTimeoutException,
          IOException {
    String from = message.senderId().isEmpty() ? sender : message.senderId();
    boolean number = from.startsWith("+");
    boundSession.submitShortMessage(
        "",
        number ? TypeOfNumber.INTERNATIONAL : TypeOfNumber.ALPHANUMERIC,
        number ? NumberingPlanIndicator.ISDN : NumberingPlanIndicator.UNKNOWN,
        number ? from.substring(1) : from,
        TypeOfNumber.INTERNATIONAL,
        NumberingPlanIndicator.ISDN,
        message.to().substring(1),
        new ESMClass(
            MessageMode.DEFAULT,
            MessageType.DEFAULT,
            segments.several() ? GSMSpecificFeature.UDHI : GSMSpecificFeature.DEFAULT),
        (byte) 0,
        (byte) 0,
        null,
        null,
        new RegisteredDelivery(0),
        (byte) 0,
        coding(segments.alphabet()),
        (byte) 0,
        body);
  }

  private static DataCoding coding(Segments.Alphabet alphabet) {
    return new GeneralDataCoding(
        switch (alphabet) {
          case GSM7 -> Alphabet.ALPHA_DEFAULT;
          case UCS2 -> Alphabet.ALPHA_UCS2;
        });
  }

  private static DeliveryOutcome refused(NegativeResponseException e) {
    String why = "the SMS centre: " + e.getMessage();
    if (BUSY.contains(e.getCommandStatus())) {
      return new DeliveryOutcome.Postponed(why, Duration.ZERO);
    }
    return CENTER_FAILURES.contains(e.getCommandStatus())
        ? new DeliveryOutcome.Retry(why)
        : new DeliveryOutcome.Rejected(why);
  }

  /// The bound session. One thread binds, the others wait for it.
  private SMPPSession session() throws IOException {
    binding.lock();
    try {
      if (closed) {
        throw new IOException("shutting down");
      }
      if (session != null && session.getSessionState().isTransmittable()) {
        return session;
      }
      SMPPSession created = new SMPPSession(this::connect);
      created.setTransactionTimer(timeout.toMillis());
      created.connectAndBind(
          center.host(),
          center.port(),
          new BindParameter(
              BindType.BIND_TX,
              center.systemId(),
              center.password().reveal(),
              "",
              TypeOfNumber.UNKNOWN,
              NumberingPlanIndicator.UNKNOWN,
              ""),
          timeout.toMillis());
      session = created;
      return created;
    } finally {
      if (connecting != null) {
        connecting.bindEnded();
        connecting = null;
      }
      binding.unlock();
    }
  }

  private BoundedConnection connect(String host, int port) throws IOException {
    Socket socket = new Socket();
    try {
      socket.connect(new InetSocketAddress(host, port), Math.toIntExact(timeout.toMillis()));
      BoundedConnection connection = new BoundedConnection(socket);
      connecting = connection;
      return connection;
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }

  /// Discards a broken session; the next text binds a new one.
  @SuppressWarnings("ReferenceEquality") // this very session
  private void discard(SMPPSession broken) {
    binding.lock();
    try {
      if (session == broken) {
        session = null;
      }
    } finally {
      binding.unlock();
    }
    broken.close();
  }

  @Override
  public void close() {
    SMPPSession closing;
    binding.lock();
    try {
      closed = true;
      closing = session;
      session = null;
    } finally {
      binding.unlock();
    }
    if (closing != null) {
      closing.setTransactionTimer(UNBIND_TIMEOUT.toMillis());
      closing.unbindAndClose();
    }
  }
}
