package io.carillon.sns.smtp;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import org.subethamail.smtp.MessageHandler;
import org.subethamail.smtp.RejectException;
import org.subethamail.smtp.TooMuchDataException;
import org.subethamail.smtp.server.SMTPServer;

/// A mail server on loopback that stores what it receives, for a server without a configured relay.
/// Mail reaches it by SMTP and is stored durably before it is acknowledged.
public final class MailReceiver implements AutoCloseable {
  private static final int MAX_MESSAGE_BYTES = 2 << 20;

  /// How much of a mail that is too large is read, so that its sender gets the reply.
  private static final int MAX_DRAINED_BYTES = 8 << 20;

  private static final int MAX_CONNECTIONS = 64;
  private static final int MAX_RECIPIENTS = 50;
  private static final int TIMEOUT_MILLIS = 60_000;

  private final SMTPServer server;

  /// Starts listening.
  ///
  /// @param port 0 for any free one
  public MailReceiver(Mailbox mailbox, int port, InstantSource clock) {
    this.server =
        SMTPServer.port(port)
            .bindAddress(InetAddress.getLoopbackAddress())
            .hostName("carillon.localhost")
            .softwareName("Carillon")
            .executorService(Executors.newVirtualThreadPerTaskExecutor())
            .maxConnections(MAX_CONNECTIONS)
            .maxRecipients(MAX_RECIPIENTS)
            .maxMessageSize(MAX_MESSAGE_BYTES)
            .connectionTimeoutMs(TIMEOUT_MILLIS)
            .insertReceivedHeaders(false)
            .messageHandlerFactory(_ -> new IncomingMail(mailbox, clock))
            .build();
    server.start();
  }

  public int port() {
    return server.getPortAllocated();
  }

  InetAddress address() {
    return server.getBindAddress().orElseThrow();
  }

  @Override
  public void close() {
    server.stop();
  }

  /// Receives one mail.
  private static final class IncomingMail implements MessageHandler {
    private final Mailbox mailbox;
    private final InstantSource clock;
    private final List<String> recipients = new ArrayList<>();
    private String sender = "";

    IncomingMail(Mailbox mailbox, InstantSource clock) {
      this.mailbox = mailbox;
      this.clock = clock;
    }

    @Override
    public void from(String from) {
      sender = from;
    }

    @Override
    public void recipient(String recipient) {
      recipients.add(recipient);
    }

    @Override
    public String data(InputStream in) throws RejectException, IOException {
      ByteArrayOutputStream raw = new ByteArrayOutputStream();
      byte[] buffer = new byte[8_192];
      long total = 0;
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        total += count;
        if (total <= MAX_MESSAGE_BYTES) {
          raw.write(buffer, 0, count);
        } else if (total > MAX_DRAINED_BYTES) {
          throw new TooMuchDataException("The mail is too large"); // ends the connection
        }
      }
      if (total > MAX_MESSAGE_BYTES) {
        throw new RejectException(552, "A mail is limited to " + MAX_MESSAGE_BYTES + " bytes");
      }
      try {
        mailbox.add(
            new ReceivedMail(
                sender, List.copyOf(recipients), clock.instant(), raw.toByteArray(), null));
      } catch (RuntimeException e) {
        throw new RejectException(451, "The mailbox is unavailable: " + e.getMessage());
      }
      return "Stored";
    }

    @Override
    public void done() {}
  }
}
