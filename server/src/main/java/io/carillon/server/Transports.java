package io.carillon.server;

import io.carillon.keys.Keys;
import io.carillon.sns.SnsDependencies;
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

/// Sends messages over SMTP, SMPP and HTTP, to the configured servers or to the built-in receivers,
/// which speak the same protocols.
final class Transports implements AutoCloseable {
  private static final Duration TIMEOUT = Duration.ofSeconds(15);
  private static final int SMTP_CONNECTIONS = 8;
  private static final String SMS_SENDER = "NOTICE";
  private static final int SMS_WINDOW = 16;

  private final ShutdownSequence shutdown = new ShutdownSequence();
  private final Mailbox mailbox;
  private final SmsInbox inbox;
  private final SmtpTransport mail;
  private final SmppTransport sms;
  private final HttpTransport http;
  private final String mailRoute;
  private final String smsRoute;

  private Transports(Config config, Database database, InstantSource clock) throws IOException {
    this.mailbox = new Mailbox(database);
    SmtpTransport.Relay relay;
    if (config.smtp().isPresent()) {
      Config.Relay remote = config.smtp().get();
      relay =
          new SmtpTransport.Relay(
              remote.host(), remote.port(), remote.user(), remote.password(), remote.startTls());
      this.mailRoute = "relay " + remote.host() + ":" + remote.port();
    } else {
      MailReceiver receiver = shutdown.add(new MailReceiver(mailbox, config.mailPort(), clock));
      relay = SmtpTransport.Relay.local(receiver.port());
      this.mailRoute = "built-in receiver (read with ./carillon mail)";
    }
    this.mail =
        shutdown.add(new SmtpTransport(relay, config.smtpFrom(), SMTP_CONNECTIONS, TIMEOUT, clock));

    this.inbox = new SmsInbox(database);
    SmppTransport.Center centre;
    if (config.smpp().isPresent()) {
      Config.Relay remote = config.smpp().get();
      centre =
          new SmppTransport.Center(remote.host(), remote.port(), remote.user(), remote.password());
      this.smsRoute = "SMS centre " + remote.host() + ":" + remote.port();
    } else {
      SmsReceiver receiver = shutdown.add(new SmsReceiver(inbox, config.smsPort(), clock));
      centre = SmppTransport.Center.local(receiver.port());
      this.smsRoute = "built-in receiver (read with ./carillon sms)";
    }
    this.sms = shutdown.add(new SmppTransport(centre, SMS_SENDER, SMS_WINDOW, TIMEOUT));
    this.http = shutdown.add(new HttpTransport(endpoints(config), null));
  }

  /// A subscriber chooses where this server connects. Services on loopback trust every program of
  /// this machine, so a server that other machines can reach does not deliver to loopback.
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

  String mailRoute() {
    return mailRoute;
  }

  String smsRoute() {
    return smsRoute;
  }

  @Override
  public void close() {
    shutdown.close();
  }

  /// What SNS sends through.
  SnsDependencies ofSns(Config config, Keys keys) {
    return new SnsDependencies(
        mail,
        sms,
        http,
        new SnsSignatures(keys),
        config.snsCertificateHost().map(host -> "https://" + host + "{path}").orElse(""),
        mailbox,
        inbox::list);
  }
}
