package io.carillon.sns.smpp;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.outbox.DeliveryOutcome;
import io.carillon.sns.SmsTransport.TextMessage;
import io.carillon.store.MemoryDatabase;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntUnaryOperator;
import org.jsmpp.SMPPConstant;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// SMS centres that refuse, hang and break connections; and hostile clients of the receiver.
@Tag("slow")
class HostileCenterTest {
  private static final Duration SHORT = Duration.ofMillis(500);
  private static final int BIND = 0x0000_0002;
  private static final int SUBMIT = 0x0000_0004;
  private static final int UNBIND = 0x0000_0006;
  private static final int DISCONNECT = -1;
  private static final int NO_REPLY = -2;

  /// Added to a status: the centre closes the connection right after its response.
  private static final int HANG_UP = 1 << 30;

  @ParameterizedTest
  @CsvSource({
    "0x58, Postponed", // throttled
    "0x14, Postponed", // queue full
    "0x08, Retry", // system error
    "0x45, Retry", // submit failed
    "0x0B, Rejected", // no such number
    "0x0A, Rejected", // no such sender
  })
  void theStatusDecidesTheOutcome(String status, String expected) throws Exception {
    int code = Integer.decode(status);
    try (Center center = new Center(command -> command == SUBMIT ? code : 0);
        SmppTransport transport = transport(center.port(), SHORT)) {
      DeliveryOutcome outcome = transport.send(text());

      assertThat(outcome.getClass().getSimpleName()).as("%s", outcome).isEqualTo(expected);
      assertThat(center.count(BIND)).isOne();
    }
  }

  @Test
  void aWrongPasswordUsesUpNoAttempt() throws Exception {
    try (Center center =
            new Center(command -> command == BIND ? SMPPConstant.STAT_ESME_RINVPASWD : 0);
        SmppTransport transport = transport(center.port(), SHORT)) {
      assertThat(transport.send(text())).isInstanceOf(DeliveryOutcome.Postponed.class);
    }
  }

  /// jsmpp drops an unhandled PDU when the stream ends, and then waits for it.
  @Test
  @Timeout(60) // without the response, each bind would wait for two minutes
  void aRefusedBindIsReportedEvenIfTheCenterDisconnects() throws Exception {
    int refusal = SMPPConstant.STAT_ESME_RINVPASWD | HANG_UP;
    try (Center center = new Center(_ -> refusal);
        SmppTransport transport = transport(center.port(), Duration.ofMinutes(2))) {
      for (int i = 0; i < 20; i++) {
        assertThat(transport.send(text()))
            .isInstanceOfSatisfying(
                DeliveryOutcome.Postponed.class,
                outcome -> assertThat(outcome.why()).contains("refuses the bind"));
      }
      assertThat(center.count(BIND)).isEqualTo(20);
    }
  }

  @Test
  void timeoutsAndBrokenConnectionsAreRetriedWithANewBind() throws Exception {
    AtomicInteger submits = new AtomicInteger();
    try (Center center =
            new Center(
                command ->
                    command != SUBMIT
                        ? 0
                        : switch (submits.incrementAndGet()) {
                          case 1 -> NO_REPLY;
                          case 2 -> DISCONNECT;
                          default -> 0;
                        });
        SmppTransport transport = transport(center.port(), SHORT)) {
      assertThat(transport.send(text())).isInstanceOf(DeliveryOutcome.Retry.class);
      assertThat(transport.send(text())).isInstanceOf(DeliveryOutcome.Retry.class);
      assertThat(transport.send(text())).isInstanceOf(DeliveryOutcome.Done.class);
      assertThat(transport.send(text())).isInstanceOf(DeliveryOutcome.Done.class);
      assertThat(center.count(BIND)).isEqualTo(3);
    }
  }

  @Test
  void aBindWithoutResponseIsRetried() throws Exception {
    try (Center center = new Center(_ -> NO_REPLY);
        SmppTransport transport = transport(center.port(), SHORT)) {
      assertThat(transport.send(text())).isInstanceOf(DeliveryOutcome.Retry.class);
    }
  }

  @Test
  @Timeout(30) // the transport's timeout is two minutes
  void anUnansweredUnbindDoesNotDelayClosing() throws Exception {
    try (Center center = new Center(command -> command == UNBIND ? NO_REPLY : 0)) {
      try (SmppTransport transport = transport(center.port(), Duration.ofMinutes(2))) {
        assertThat(transport.send(text())).isInstanceOf(DeliveryOutcome.Done.class);
      }
      assertThat(center.count(UNBIND)).isOne();
    }
  }

  @Test
  void refusedConnectionsAreRetried() throws Exception {
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    try (SmppTransport transport = transport(port, SHORT)) {
      assertThat(transport.send(text())).isInstanceOf(DeliveryOutcome.Retry.class);
    }
  }

  @Test
  void theReceiverSurvivesGarbageAndSilentClients() throws Exception {
    SmsInbox inbox = new SmsInbox(new MemoryDatabase());
    try (SmsReceiver receiver = new SmsReceiver(inbox, 0, InstantSource.system());
        Socket silent = new Socket(InetAddress.getLoopbackAddress(), receiver.port());
        Socket garbage = new Socket(InetAddress.getLoopbackAddress(), receiver.port());
        Socket huge = new Socket(InetAddress.getLoopbackAddress(), receiver.port());
        SmppTransport transport = transport(receiver.port(), Duration.ofSeconds(20))) {
      garbage.getOutputStream().write("GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      new DataOutputStream(huge.getOutputStream()).writeInt(Integer.MAX_VALUE);

      assertThat(transport.send(text())).isInstanceOf(DeliveryOutcome.Done.class);
      assertThat(silent.isConnected()).isTrue();
      assertThat(inbox.list()).hasSize(1);
    }
  }

  @Test
  void endedConnectionsReleaseTheirPermits() throws Exception {
    SmsInbox inbox = new SmsInbox(new MemoryDatabase());
    try (SmsReceiver receiver = new SmsReceiver(inbox, 0, InstantSource.system())) {
      for (int i = 0; i < 100; i++) {
        new Socket(InetAddress.getLoopbackAddress(), receiver.port()).close();
      }
      try (SmppTransport transport = transport(receiver.port(), Duration.ofSeconds(20))) {
        assertThat(transport.send(text())).isInstanceOf(DeliveryOutcome.Done.class);
      }
    }
  }

  private static SmppTransport transport(int port, Duration timeout) {
    return new SmppTransport(SmppTransport.Center.local(port), "CARILLON", 2, timeout);
  }

  private static TextMessage text() {
    return new TextMessage("id", "+49151234567", "hello", "");
  }

  /// A minimal SMPP server that answers each command with a status.
  private static final class Center implements AutoCloseable {
    private final ServerSocket serverSocket =
        new ServerSocket(0, 16, InetAddress.getLoopbackAddress());
    private final List<Socket> open = new CopyOnWriteArrayList<>();
    private final List<Integer> commands = new CopyOnWriteArrayList<>();
    private final IntUnaryOperator statuses;

    Center(IntUnaryOperator statuses) throws IOException {
      this.statuses = statuses;
      Thread.ofVirtual().start(this::accept);
    }

    int port() {
      return serverSocket.getLocalPort();
    }

    long count(int command) {
      return commands.stream().filter(c -> c == command).count();
    }

    private void accept() {
      try {
        while (true) {
          Socket socket = serverSocket.accept();
          open.add(socket);
          Thread.ofVirtual().start(() -> converse(socket));
        }
      } catch (IOException _) {
        // closed by the test
      }
    }

    private void converse(Socket socket) {
      try (socket) {
        DataInputStream in = new DataInputStream(socket.getInputStream());
        DataOutputStream out =
            new DataOutputStream(new BufferedOutputStream(socket.getOutputStream()));
        while (true) {
          int length = in.readInt();
          int command = in.readInt();
          in.readInt();
          int sequence = in.readInt();
          in.skipNBytes(length - 16L);
          commands.add(command);
          int status = statuses.applyAsInt(command);
          if (status == DISCONNECT) {
            return;
          }
          if (status != NO_REPLY) {
            byte[] body =
                status == 0 && (command == BIND || command == SUBMIT) ? id() : new byte[0];
            out.writeInt(16 + body.length);
            out.writeInt(command | 0x8000_0000);
            out.writeInt(status & ~HANG_UP);
            out.writeInt(sequence);
            out.write(body);
            out.flush();
          }
          if (status > 0 && (status & HANG_UP) != 0) {
            return;
          }
        }
      } catch (IOException _) {
        // closed by the peer or the test
      }
    }

    private static byte[] id() {
      return new byte[] {'i', 'd', 0};
    }

    @Override
    public void close() throws IOException {
      serverSocket.close();
      for (Socket socket : open) {
        socket.close();
      }
    }
  }
}
