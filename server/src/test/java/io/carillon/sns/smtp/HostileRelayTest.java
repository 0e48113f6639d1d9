package io.carillon.sns.smtp;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.base.Secret;
import io.carillon.outbox.DeliveryOutcome;
import io.carillon.sns.MailTransport;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Relays that refuse, hang, break connections and reply late.
class HostileRelayTest {
  private static final Duration SHORT = Duration.ofMillis(300);
  private static final Duration LONG = Duration.ofSeconds(20);

  @ParameterizedTest
  @CsvSource({
    "CONNECT, 421 too busy,            Retry",
    "CONNECT, 554 go away,             Retry",
    "CONNECT, TEAR,                    Retry",
    "CONNECT, SILENCE,                 Retry",
    "EHLO,    TEAR,                    Retry",
    "MAIL,    451 later,               Retry",
    "MAIL,    550 not from you,        Rejected",
    "RCPT,    450 greylisted,          Retry",
    "RCPT,    550 no such user,        Rejected",
    "RCPT,    TEAR,                    Retry",
    "DATA,    451 disk,                Retry",
    "DATA,    554 no,                  Rejected",
    "DOT,     451 later,               Retry",
    "DOT,     552 too large,           Rejected",
    "DOT,     TEAR,                    Retry",
    "DOT,     SILENCE,                 Retry",
    "DOT,     not smtp at all,         Retry",
  })
  void theReplyDecidesTheOutcome(String command, String answer, String expected) throws Exception {
    try (ScriptedRelay relay = new ScriptedRelay(c -> c.equals(command) ? answer : "");
        SmtpTransport transport = transport(relay.port(), "", SHORT)) {
      DeliveryOutcome outcome = transport.send(mail("1"));

      assertThat(outcome.getClass().getSimpleName()).as("%s", outcome).isEqualTo(expected);
    }
  }

  @Test
  void refusedConnectionsAreRetried() throws Exception {
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    try (SmtpTransport transport = transport(port, "", SHORT)) {
      assertThat(transport.send(mail("1"))).isInstanceOf(DeliveryOutcome.Retry.class);
    }
  }

  @Test
  void wrongCredentialsUseUpNoAttempt() throws Exception {
    try (ScriptedRelay relay = new ScriptedRelay(c -> c.equals("AUTH") ? "535 who are you" : "");
        SmtpTransport transport = transport(relay.port(), "me", LONG)) {
      assertThat(transport.send(mail("1"))).isInstanceOf(DeliveryOutcome.Postponed.class);
    }
  }

  @Test
  void nothingIsSentWithoutTheRequiredEncryption() throws Exception {
    try (ScriptedRelay relay = new ScriptedRelay(_ -> "");
        SmtpTransport transport =
            new SmtpTransport(
                new SmtpTransport.Relay("127.0.0.1", relay.port(), "me", new Secret("pw"), true),
                "a@b.example",
                1,
                LONG,
                InstantSource.system())) {
      assertThat(transport.send(mail("1"))).isInstanceOf(DeliveryOutcome.Retry.class);
      assertThat(relay.commands).doesNotContain("AUTH", "MAIL");
    }
  }

  @Test
  void connectionsAreReusedAndReplacedWhenBroken() throws Exception {
    try (ScriptedRelay relay = new ScriptedRelay(_ -> "");
        SmtpTransport transport = transport(relay.port(), "", LONG)) {
      assertThat(transport.send(mail("1"))).isInstanceOf(DeliveryOutcome.Done.class);
      assertThat(transport.send(mail("2"))).isInstanceOf(DeliveryOutcome.Done.class);
      assertThat(relay.connections()).isOne();

      relay.closeConnections();
      assertThat(transport.send(mail("3"))).isInstanceOf(DeliveryOutcome.Done.class);
      assertThat(relay.connections()).isEqualTo(2);
    }
  }

  @Test
  void aHangingRelayCannotExceedTheConnectionLimit() throws Exception {
    CountDownLatch release = new CountDownLatch(1);
    AtomicInteger inside = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    try (ScriptedRelay relay =
            new ScriptedRelay(
                command -> {
                  if (command.equals("DOT")) {
                    most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                    await(release);
                    inside.decrementAndGet();
                  }
                  return "";
                });
        SmtpTransport transport = transport(relay.port(), "", LONG)) {
      List<Thread> senders = new ArrayList<>();
      AtomicInteger done = new AtomicInteger();
      for (int i = 0; i < 8; i++) {
        String id = "m" + i;
        senders.add(
            Thread.ofVirtual()
                .start(
                    () -> {
                      if (transport.send(mail(id)) instanceof DeliveryOutcome.Done) {
                        done.incrementAndGet();
                      }
                    }));
      }
      while (inside.get() < 2) {
        Thread.onSpinWait();
      }
      release.countDown();
      for (Thread sender : senders) {
        sender.join();
      }

      assertThat(most.get()).isEqualTo(2);
      assertThat(done.get()).isEqualTo(8);
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static SmtpTransport transport(int port, String user, Duration timeout) {
    return new SmtpTransport(
        new SmtpTransport.Relay("127.0.0.1", port, user, new Secret("pw"), false),
        "no-reply@sns.carillon.localhost",
        2,
        timeout,
        InstantSource.system());
  }

  private static MailTransport.Mail mail(String id) {
    return new MailTransport.Mail(id, "n", "reader@example.com", "s", "text");
  }
}
