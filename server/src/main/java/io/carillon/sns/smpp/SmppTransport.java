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

/// Hands text messages to an SMS centre by SMPP 3.4, over one session that is bound when it is
/// first needed and bound again when it is lost.
///
/// What the centre says decides: throttling and full queues are waited out without using up a try,
/// its own failures are tried again, everything else it refuses is final. Where it says nothing,
/// the text is tried again as a whole, under the same reference, so that a phone that got some of
/// its parts can still put it together.
public final class SmppTransport implements SmsTransport, AutoCloseable {

  /// @param systemId who we are there
  public record Center(String host, int port, String systemId, Secret password) {

    /// An SMS centre on this machine that lets everyone in.
    public static Center local(int port) {
      return new Center("127.0.0.1", port, "carillon", new Secret(""));
    }
  }

  private static final Set<Integer> BUSY =
      Set.of(SMPPConstant.STAT_ESME_RTHROTTLED, SMPPConstant.STAT_ESME_RMSGQFUL);
  private static final Set<Integer> ITS_OWN_FAULT =
      Set.of(SMPPConstant.STAT_ESME_RSYSERR, SMPPConstant.STAT_ESME_RSUBMITFAIL);

  /// How long a centre may take to say goodbye. The driver loses an answer that comes together with
  /// the end of the connection, so an unanswered goodbye is nothing unusual.
  private static final Duration FAREWELL = Duration.ofMillis(500);

  private final Center center;
  private final String sender;
  private final Semaphore permits;
  private final Duration timeout;
  private final ReentrantLock binding = new ReentrantLock();
  private @Nullable SMPPSession session;

  /// While a bind is under way; guarded by `binding`.
  private @Nullable BoundedConnection connecting;

  private boolean closed;

  /// @param sender who texts come from where they do not say: a number or up to 11 letters
  /// @param window how many texts are sent at a time
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
    SMPPSession bound;
    try {
      bound = session();
    } catch (IOException e) {
      return e.getCause() instanceof NegativeResponseException refused
          ? new DeliveryOutcome.Postponed(
              "the SMS centre does not let us in: " + refused.getMessage(), Duration.ZERO)
          : new DeliveryOutcome.Retry("the SMS centre cannot be reached: " + e.getMessage());
    }
    Segments segments = Segments.of(message.text(), message.id().hashCode());
    try {
      for (byte[] body : segments.bodies()) {
        submit(bound, message, segments, body);
      }
      return DeliveryOutcome.done();
    } catch (NegativeResponseException e) {
      return refused(e);
    } catch (PDUException e) {
      return new DeliveryOutcome.Rejected("this text cannot be put into SMPP: " + e.getMessage());
    } catch (InvalidResponseException | ResponseTimeoutException | IOException e) {
      drop(bound);
      return new DeliveryOutcome.Retry("the SMS centre: " + e.getMessage());
    }
  }

  private void submit(SMPPSession bound, TextMessage message, Segments segments, byte[] body)
      throws NegativeResponseException,
          PDUException,
          InvalidResponseException,
          ResponseTimeoutException,
          IOException {
    String from = message.senderId().isEmpty() ? sender : message.senderId();
    boolean number = from.startsWith("+");
    bound.submitShortMessage(
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
    return ITS_OWN_FAULT.contains(e.getCommandStatus())
        ? new DeliveryOutcome.Retry(why)
        : new DeliveryOutcome.Rejected(why);
  }

  /// The session, bound. One sender binds, the others wait for it.
  private SMPPSession session() throws IOException {
    binding.lock();
    try {
      if (closed) {
        throw new IOException("shutting down");
      }
      if (session != null && session.getSessionState().isTransmittable()) {
        return session;
      }
      SMPPSession fresh = new SMPPSession(this::connect);
      fresh.setTransactionTimer(timeout.toMillis());
      fresh.connectAndBind(
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
      session = fresh;
      return fresh;
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
      BoundedConnection made = new BoundedConnection(socket);
      connecting = made;
      return made;
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }

  /// Gives up a session that stopped answering; the next text binds anew.
  private void drop(SMPPSession broken) {
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
    SMPPSession last;
    binding.lock();
    try {
      closed = true;
      last = session;
      session = null;
    } finally {
      binding.unlock();
    }
    if (last != null) {
      last.setTransactionTimer(FAREWELL.toMillis());
      last.unbindAndClose();
    }
  }
}
