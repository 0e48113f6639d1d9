package io.carillon.sns.smtp;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.base.Secret;
import io.carillon.outbox.DeliveryOutcome;
import io.carillon.sns.MailTransport;
import io.carillon.sns.ReceivedMails;
import io.carillon.store.MemoryDatabase;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Mail over SMTP from our transport to our receiver, decoded by an independent parser.
class MailTest {
  private static final InstantSource CLOCK =
      InstantSource.fixed(Instant.parse("2026-03-01T10:00:00Z"));
  private static final Duration TIMEOUT = Duration.ofSeconds(20);

  private final MemoryDatabase database = new MemoryDatabase();
  private final Mailbox mailbox = new Mailbox(database);
  private final MailReceiver receiver = new MailReceiver(mailbox, 0, CLOCK);
  private final SmtpTransport transport =
      new SmtpTransport(
          SmtpTransport.Relay.local(receiver.port()),
          "no-reply@sns.carillon.localhost",
          2,
          TIMEOUT,
          CLOCK);

  @AfterEach
  void close() {
    transport.close();
    receiver.close();
  }

  @Test
  void mailsAreDeliveredAndDecoded(@TempDir Path folder) throws Exception {
    DeliveryOutcome outcome =
        transport.send(mail("id-1", "AWS Notifications", "Hello", "line 1\nline 2\n"));

    assertThat(outcome).isInstanceOf(DeliveryOutcome.Done.class);
    Mailbox.Mail mail = mailbox.list().getFirst();
    assertThat(mail.from()).isEqualTo("AWS Notifications <no-reply@sns.carillon.localhost>");
    assertThat(mail.to()).containsExactly("reader@example.com");
    assertThat(mail.subject()).isEqualTo("Hello");
    assertThat(mail.text()).isEqualToNormalizingNewlines("line 1\nline 2\n");
    PythonMail.Parsed parsed = PythonMail.parse(folder, List.of(mail.raw())).getFirst();
    assertThat(parsed.messageId()).isEqualTo("<id-1@sns.carillon.localhost>");
    assertThat(parsed.from()).isEqualTo("AWS Notifications <no-reply@sns.carillon.localhost>");
    assertThat(parsed.names())
        .containsOnlyOnce("From", "To", "Subject", "Date", "Message-ID", "MIME-Version");
    assertThat(parsed.body()).isEqualTo("line 1\nline 2\n");
  }

  @Test
  void anyMailIsDecodedByAnIndependentParser(@TempDir Path folder) throws Exception {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    List<MailTransport.Mail> sent = new ArrayList<>(awkwardMails());
    for (int i = 0; i < 120; i++) {
      sent.add(
          mail(
              "m" + i,
              "n" + Texts.line(random, 60),
              "s" + Texts.line(random, 99),
              Texts.body(random, 3_000)));
    }

    for (MailTransport.Mail mail : sent) {
      assertThat(transport.send(mail)).as("seed %d", seed).isInstanceOf(DeliveryOutcome.Done.class);
    }

    List<Mailbox.Mail> mails = mailbox.list();
    List<PythonMail.Parsed> read =
        PythonMail.parse(folder, mails.stream().map(Mailbox.Mail::raw).toList());
    assertThat(read).hasSameSizeAs(sent);
    for (int i = 0; i < sent.size(); i++) {
      String what = "seed " + seed + ", mail " + i;
      PythonMail.Parsed parsed = read.get(i);
      MailTransport.Mail want = sent.get(i);
      assertThat(parsed.defects()).as(what).isEmpty();
      assertThat(parsed.ascii()).as(what).isTrue();
      assertThat(parsed.longestLine()).as(what).isLessThanOrEqualTo(998);
      assertThat(parsed.names()).as(what).doesNotContain("Bcc", "X-Evil");
      assertThat(parsed.messageId())
          .as(what)
          .isEqualTo("<" + want.id() + "@sns.carillon.localhost>");
      assertThat(parsed.from()).as(what).endsWith("<no-reply@sns.carillon.localhost>");
      assertThat(mails.get(i).from())
          .as(what)
          .isEqualTo(want.fromName() + " <no-reply@sns.carillon.localhost>");
      assertThat(parsed.subject().strip()).as(what).isEqualTo(want.subject().strip());
      assertThat(newlines(parsed.body())).as(what).isEqualTo(newlines(want.body()));
      assertThat(newlines(mails.get(i).text())).as(what).isEqualTo(newlines(want.body()));
    }
  }

  private static List<MailTransport.Mail> awkwardMails() {
    return List.of(
        mail("a", "Über \"uns\", <x@y>", "Grüße ✓ 💌", "ümläut 💌\n"),
        mail("b", "n", "dots", ".\n..\n.hidden\nFrom the start\nend."),
        mail("c", "n", "long", "x".repeat(5_000)),
        mail("d", "n", "long foreign", "鐘".repeat(3_000)),
        mail("e", "n", "trailing", "space \ntab\t\n  \n\n\n"),
        mail("f", "n", "control", "a\u0000b\u001bc\u0007\r\n"),
        mail("g", "n", "lone return", "a\rb\r\rc"),
        mail("h", "n", "equals", "=3D =\n= =E2=82"),
        mail("i", "n", "=?UTF-8?Q?not_encoded?=", "=?UTF-8?Q?neither?="),
        mail("j", "n", "x".repeat(100), "no newline at the end"));
  }

  private static String newlines(String text) {
    return text.replace("\r\n", "\n").stripTrailing();
  }

  @Test
  void theMailboxIsDurable() {
    transport.send(mail("id", "n", "kept", "x"));
    receiver.close();

    Mailbox reopened = new Mailbox(database);

    assertThat(reopened.list()).extracting(Mailbox.Mail::subject).containsExactly("kept");
    long id = reopened.list().getFirst().id();
    assertThat(reopened.get(id)).isPresent();
    assertThat(reopened.delete(id)).isTrue();
    assertThat(reopened.delete(id)).isFalse();
    assertThat(reopened.get(id)).isEmpty();
  }

  @Test
  void theOldestMailsAreEvicted() throws Exception {
    MemoryDatabase small = new MemoryDatabase();
    Mailbox three = new Mailbox(small, 3, 1_000);
    for (int i = 1; i <= 5; i++) {
      three.add(raw("Subject: " + i + "\r\n\r\n"));
    }
    assertThat(three.list()).extracting(Mailbox.Mail::subject).containsExactly("3", "4", "5");

    three.add(raw("Subject: big\r\n\r\n" + "x".repeat(980)));
    assertThat(three.list()).extracting(Mailbox.Mail::subject).containsExactly("big");
    assertThat(three.await(mail -> mail.subject().equals("big"), Duration.ZERO)).isPresent();
    assertThat(three.await(mail -> mail.subject().equals("none"), Duration.ZERO)).isEmpty();
  }

  @Test
  void waitingReturnsTheMailWhenItArrives() throws Exception {
    Thread sender =
        Thread.ofVirtual()
            .start(
                () -> {
                  transport.send(mail("1", "n", "other", "x"));
                  transport.send(mail("2", "n", "wanted", "x"));
                });

    assertThat(mailbox.await(mail -> mail.subject().equals("wanted"), TIMEOUT)).isPresent();
    sender.join();
  }

  @Test
  void confirmLinksAreFoundInTextAndJson() {
    String page = "http://h:1/SimpleNotificationService/confirmation.html?TopicArn=a&Token=t";
    String url = "http://h:1/?Action=ConfirmSubscription&TopicArn=a&Token=t";
    transport.send(mail("1", "n", "s", "open\n" + page + "\nor http://h:1/unsubscribe.html\n"));
    transport.send(mail("2", "n", "s", "{\n  \"SubscribeURL\" : \"" + url + "\"\n}"));

    assertThat(Mailbox.confirmLinks(mailbox.list().getFirst())).containsExactly(page);
    assertThat(Mailbox.confirmLinks(mailbox.list().getLast())).containsExactly(url);
  }

  @Test
  void aFollowedLinkIsNotListedAgainByAnyNode() {
    String page = "http://h:1/SimpleNotificationService/confirmation.html?TopicArn=a&Token=t";
    transport.send(mail("1", "n", "s", page + "\n"));
    transport.send(mail("2", "n", "the same", page + "\n"));
    Mailbox other = new Mailbox(database);

    ReceivedMails.ConfirmationLink link = mailbox.confirmationLinks().getFirst();
    assertThat(other.confirmationLinks()).containsExactly(link);
    assertThat(mailbox.markFollowed(link)).isTrue();
    assertThat(other.markFollowed(link)).isFalse();
    assertThat(other.confirmationLinks()).isEmpty();
    assertThat(other.delete(link.mail())).isTrue();
    assertThat(mailbox.markFollowed(link)).isFalse();
  }

  @Test
  void malformedMailsAreShownRaw() {
    mailbox.add(raw("Content-Type: multipart/mixed; boundary=\r\n\r\n\u00ff\u0000 nothing"));
    mailbox.add(raw(""));

    assertThat(mailbox.list()).hasSize(2);
  }

  @Test
  void anEndlessMailIsRefusedAndTheReceiverSurvives() throws Exception {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), receiver.port())) {
      socket.setSoTimeout(20_000);
      OutputStream out = socket.getOutputStream();
      out.write(
          "HELO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n"
              .getBytes(StandardCharsets.US_ASCII));
      byte[] line = ("x".repeat(998) + "\r\n").getBytes(StandardCharsets.US_ASCII);
      for (int i = 0; i < 2_200; i++) {
        out.write(line);
      }
      out.write(".\r\nQUIT\r\n".getBytes(StandardCharsets.US_ASCII));
      String answers =
          new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
      assertThat(answers).contains("552 ");
    }
    assertThat(mailbox.list()).isEmpty();
    assertThat(transport.send(mail("after", "n", "s", "x")))
        .isInstanceOf(DeliveryOutcome.Done.class);
  }

  @Test
  void theReceiverListensOnLoopbackOnly() {
    SmtpTransport.Relay relay =
        new SmtpTransport.Relay("127.0.0.1", receiver.port(), "", new Secret(""), false);
    assertThat(relay.toString()).contains("****");
    assertThat(receiver.address().isLoopbackAddress()).isTrue();
  }

  private static ReceivedMail raw(String text) {
    return new ReceivedMail(
        "a@b.example",
        List.of("c@d.example"),
        CLOCK.instant(),
        text.getBytes(StandardCharsets.ISO_8859_1),
        null);
  }

  private static MailTransport.Mail mail(String id, String from, String subject, String body) {
    return new MailTransport.Mail(id, from, "reader@example.com", subject, body);
  }
}
