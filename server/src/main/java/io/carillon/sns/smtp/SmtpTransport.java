package io.carillon.sns.smtp;

import io.carillon.base.Lazy;
import io.carillon.base.Secret;
import io.carillon.outbox.DeliveryOutcome;
import io.carillon.sns.MailTransport;
import jakarta.mail.AuthenticationFailedException;
import jakarta.mail.MessagingException;
import jakarta.mail.Session;
import jakarta.mail.Transport;
import jakarta.mail.internet.MimeMessage;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.OptionalInt;
import java.util.Properties;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.eclipse.angus.mail.smtp.SMTPAddressFailedException;
import org.eclipse.angus.mail.smtp.SMTPSendFailedException;
import org.eclipse.angus.mail.smtp.SMTPSenderFailedException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Hands mail to a relay by SMTP, over a few connections that are kept open.
///
/// What the relay says decides: 2xx is done, 4xx is tried again, 5xx is final. Where it says
/// nothing (refused, torn, silent) the mail is tried again; it may then arrive twice, under one
/// Message-ID.
public final class SmtpTransport implements MailTransport, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SmtpTransport.class);

  /// @param user empty where the relay asks for none
  /// @param startTls whether to insist on STARTTLS
  public record Relay(String host, int port, String user, Secret password, boolean startTls) {

    /// A relay on this machine that wants no introduction.
    public static Relay local(int port) {
      return new Relay("127.0.0.1", port, "", new Secret(""), false);
    }
  }

  private final Relay relay;
  private final MimeWriter mime;

  /// Made with the first mail: it looks into every jar for providers, and a start need not wait for
  /// that.
  private final Lazy<Session> session;

  private final Semaphore permits;
  private final Duration timeout;
  private final Deque<Transport> idle = new ArrayDeque<>();
  private boolean closed;

  /// @param from the sender's address
  /// @param connections how many mails are sent at a time
  /// @param timeout how long the relay may stay silent
  public SmtpTransport(
      Relay relay, String from, int connections, Duration timeout, InstantSource clock) {
    this.relay = relay;
    this.session = new Lazy<>(() -> Session.getInstance(properties(relay, from, timeout)));
    this.mime = new MimeWriter(from, clock);
    this.permits = new Semaphore(connections);
    this.timeout = timeout;
  }

  private static Properties properties(Relay relay, String from, Duration timeout) {
    String millis = Long.toString(timeout.toMillis());
    Properties properties = new Properties();
    properties.setProperty("mail.smtp.connectiontimeout", millis);
    properties.setProperty("mail.smtp.timeout", millis);
    properties.setProperty("mail.smtp.writetimeout", millis);
    properties.setProperty("mail.smtp.from", from);
    // Without it Angus looks the machine's own name up, which takes seconds where DNS is broken.
    properties.setProperty("mail.smtp.localhost", from.substring(from.indexOf('@') + 1));
    properties.setProperty("mail.smtp.auth", Boolean.toString(!relay.user().isEmpty()));
    properties.setProperty("mail.smtp.starttls.enable", Boolean.toString(relay.startTls()));
    properties.setProperty("mail.smtp.starttls.required", Boolean.toString(relay.startTls()));
    properties.setProperty("mail.smtp.ssl.checkserveridentity", "true");
    return properties;
  }

  @Override
  public DeliveryOutcome send(Mail mail) {
    try {
      if (!permits.tryAcquire(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
        return new DeliveryOutcome.Postponed(
            "all connections to the mail relay are in use", Duration.ZERO);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new DeliveryOutcome.Postponed("interrupted", Duration.ZERO);
    }
    try {
      MimeMessage message = mime.write(session.get(), mail);
      return send(message);
    } catch (AuthenticationFailedException e) {
      return new DeliveryOutcome.Postponed(
          "the mail relay does not know us: " + e.getMessage(), Duration.ZERO);
    } catch (MessagingException e) {
      return outcome(e);
    } finally {
      permits.release();
    }
  }

  private DeliveryOutcome send(MimeMessage message) throws MessagingException {
    Transport connection = connection();
    boolean usable = false;
    try {
      connection.sendMessage(message, message.getAllRecipients());
      usable = true;
      return DeliveryOutcome.done();
    } finally {
      if (usable) {
        keep(connection);
      } else {
        closeQuietly(connection);
      }
    }
  }

  /// A connection that still answers, or a new one.
  private Transport connection() throws MessagingException {
    for (Transport kept = takeIdle(); kept != null; kept = takeIdle()) {
      if (kept.isConnected()) {
        return kept;
      }
      closeQuietly(kept);
    }
    Transport fresh = session.get().getTransport("smtp");
    fresh.connect(
        relay.host(),
        relay.port(),
        relay.user().isEmpty() ? null : relay.user(),
        relay.user().isEmpty() ? null : relay.password().reveal());
    return fresh;
  }

  private synchronized @org.jspecify.annotations.Nullable Transport takeIdle() {
    return idle.pollLast();
  }

  private void keep(Transport connection) {
    synchronized (this) {
      if (!closed) {
        idle.addLast(connection);
        return;
      }
    }
    closeQuietly(connection);
  }

  private static DeliveryOutcome outcome(MessagingException e) {
    OptionalInt code = replyCode(e);
    String why = "the mail relay: " + message(e);
    return code.isPresent() && code.getAsInt() / 100 == 5
        ? new DeliveryOutcome.Rejected(why)
        : new DeliveryOutcome.Retry(why);
  }

  /// What the relay answered to this mail; empty where it did not come to that.
  private static OptionalInt replyCode(MessagingException failure) {
    for (Exception e = failure;
        e != null;
        e = e instanceof MessagingException m ? m.getNextException() : null) {
      switch (e) {
        case SMTPAddressFailedException address -> {
          return OptionalInt.of(address.getReturnCode());
        }
        case SMTPSenderFailedException sender -> {
          return OptionalInt.of(sender.getReturnCode());
        }
        case SMTPSendFailedException send when send.getNextException() == null -> {
          return OptionalInt.of(send.getReturnCode());
        }
        default -> {}
      }
    }
    return OptionalInt.empty();
  }

  private static String message(MessagingException failure) {
    Exception last = failure;
    while (last instanceof MessagingException m && m.getNextException() != null) {
      last = m.getNextException();
    }
    return String.valueOf(last.getMessage()).strip();
  }

  private static void closeQuietly(Transport connection) {
    try {
      connection.close();
    } catch (MessagingException e) {
      LOG.debug("A connection to the mail relay did not close in good order", e);
    }
  }

  @Override
  public void close() {
    Deque<Transport> left;
    synchronized (this) {
      closed = true;
      left = new ArrayDeque<>(idle);
      idle.clear();
    }
    left.forEach(SmtpTransport::closeQuietly);
  }
}
