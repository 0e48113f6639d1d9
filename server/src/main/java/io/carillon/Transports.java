package io.carillon;

import io.carillon.sns.HttpPostTransport;
import io.carillon.sns.MailTransport;
import io.carillon.sns.SmsTransport;
import io.carillon.sns.http.EndpointRule;
import io.carillon.sns.http.HttpTransport;
import io.carillon.sns.smpp.SmppTransport;
import io.carillon.sns.smpp.SmsInbox;
import io.carillon.sns.smpp.SmsReceiver;
import io.carillon.sns.smtp.MailReceiver;
import io.carillon.sns.smtp.Mailbox;
import io.carillon.sns.smtp.SmtpTransport;
import io.carillon.store.Database;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;

/// How messages leave the house: SMTP, SMPP and HTTP, to configured far ends or to the built-in
/// receivers, which speak the same protocols.
final class Transports implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(15);
  private static final int CONNECTIONS = 8;
  private static final String SMS_SENDER = "NOTICE";
  private static final int SMS_WINDOW = 16;

  private final ShutdownSequence closings = new ShutdownSequence();
  private final Mailbox mailbox;
  private final SmsInbox inbox;
  private final SmtpTransport mail;
  private final SmppTransport texts;
  private final HttpTransport posts;
  private final String mailRoute;
  private final String smsRoute;

  private Transports(Config config, Database database, InstantSource clock) throws IOException {
    this.mailbox = new Mailbox(database);
    SmtpTransport.Relay relay;
    if (config.smtp().isPresent()) {
      Config.Relay far = config.smtp().get();
      relay =
          new SmtpTransport.Relay(
              far.host(), far.port(), far.user(), far.password(), far.startTls());
      this.mailRoute = "relay " + far.host() + ":" + far.port();
    } else {
      MailReceiver receiver = closings.add(new MailReceiver(mailbox, config.mailPort(), clock));
      relay = SmtpTransport.Relay.local(receiver.port());
      this.mailRoute = "built-in receiver (read with ./carillon mail)";
    }
    this.mail =
        closings.add(new SmtpTransport(relay, config.smtpFrom(), CONNECTIONS, PATIENCE, clock));

    this.inbox = new SmsInbox(database);
    SmppTransport.Center centre;
    if (config.smpp().isPresent()) {
      Config.Relay far = config.smpp().get();
      centre = new SmppTransport.Center(far.host(), far.port(), far.user(), far.password());
      this.smsRoute = "SMS centre " + far.host() + ":" + far.port();
    } else {
      SmsReceiver receiver = closings.add(new SmsReceiver(inbox, config.smsPort(), clock));
      centre = SmppTransport.Center.local(receiver.port());
      this.smsRoute = "built-in receiver (read with ./carillon sms)";
    }
    this.texts = closings.add(new SmppTransport(centre, SMS_SENDER, SMS_WINDOW, PATIENCE));
    this.posts = closings.add(new HttpTransport(endpoints(config), null));
  }

  /// Who may subscribe chooses where this server connects. What listens on loopback trusts who is
  /// on this machine; whom the server lets in from elsewhere must not get there through it.
  static EndpointRule endpoints(Config config) {
    return switch (config.snsEndpoints()) {
      case AUTO -> config.onLoopback() ? EndpointRule.standard() : EndpointRule.withoutLoopback();
      case ALL -> EndpointRule.standard();
      case INTERNET -> EndpointRule.internetOnly();
    };
  }

  static Transports start(Config config, Database database, InstantSource clock)
      throws IOException {
    return new Transports(config, database, clock);
  }

  MailTransport mail() {
    return mail;
  }

  SmsTransport texts() {
    return texts;
  }

  HttpPostTransport posts() {
    return posts;
  }

  Mailbox mailbox() {
    return mailbox;
  }

  SmsInbox inbox() {
    return inbox;
  }

  String mailRoute() {
    return mailRoute;
  }

  String smsRoute() {
    return smsRoute;
  }

  @Override
  public void close() {
    closings.close();
  }
}
