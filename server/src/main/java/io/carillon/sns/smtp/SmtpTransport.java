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

/// Sends mail to a relay by SMTP, over a few pooled connections.
///
/// The relay's reply decides: 2xx is done, 4xx is retried, 5xx is final. Without a reply
/// (connection refused, broken, timed out) the mail is retried; it may then arrive twice, with one
/// Message-ID.
public final class SmtpTransport implements MailTransport, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SmtpTransport.class);

  /// @param user empty if the relay requires none
  /// @param startTls whether STARTTLS is required
  public record Relay(String host, int port, String user, Secret password, boolean startTls) {

    /// A relay on this machine, without authentication.
    public static Relay local(int port) {
      return new Relay("127.0.0.1", port, "", new Secret(""), false);
    }
  }

  private final Relay relay;
  private final MimeWriter mime;

  /// Created with the first mail: it searches every jar for providers, and start-up need not wait
  /// for that.
  private final Lazy<Session> session;

  private final Semaphore permits;
  private final Duration timeout;
  private final Deque<Transport> idle = new ArrayDeque<>();
  private boolean closed;

  /// @param from the sender's address
  /// @param connections how many mails are sent concurrently
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
    // Without this, Angus looks up the machine's own name, which takes seconds if DNS is broken.
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
          "the mail relay refuses the login: " + e.getMessage(), Duration.ZERO);
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
        returnToPool(connection);
      } else {
        closeQuietly(connection);
      }
    }
  }

  /// A pooled connection that still works, or a new one.
  private Transport connection() throws MessagingException {
    for (Transport idleConnection = takeIdle();
        idleConnection != null;
        idleConnection = takeIdle()) {
      if (idleConnection.isConnected()) {
        return idleConnection;
      }
      closeQuietly(idleConnection);
    }
    Transport created = session.get().getTransport("smtp");
    created.connect(
        relay.host(),
        relay.port(),
        relay.user().isEmpty() ? null : relay.user(),
        relay.user().isEmpty() ? null : relay.password().reveal());
    return created;
  }

  private synchronized @org.jspecify.annotations.Nullable Transport takeIdle() {
    return idle.pollLast();
  }

  private void returnToPool(Transport connection) {
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

  /// The relay's reply to this mail; empty if there was none.
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
    Exception rootCause = failure;
    while (rootCause instanceof MessagingException m && m.getNextException() != null) {
      rootCause = m.getNextException();
    }
    return String.valueOf(rootCause.getMessage()).strip();
  }

  private static void closeQuietly(Transport connection) {
    try {
      connection.close();
    } catch (MessagingException e) {
      LOG.debug("A connection to the mail relay did not close cleanly", e);
    }
  }

  @Override
  public void close() {
    Deque<Transport> toClose;
    synchronized (this) {
      closed = true;
      toClose = new ArrayDeque<>(idle);
      idle.clear();
    }
    toClose.forEach(SmtpTransport::closeQuietly);
  }
}
