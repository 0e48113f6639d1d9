package io.carillon.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.sns.SnsClient;

/// SMS to SMS centres of others: node-smpp, which reports everything it was sent, and the test
/// centre of Kannel (Kannel's gateway is a client of SMS centres, like Carillon).
@Tag("full")
class SmsCenterTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Path NODE = Carillon.ROOT.resolve("acceptance/src/test/node");
  private static final String KANNEL = "/usr/lib/kannel/test/drive_smpp";

  /// The port where Kannel's test centre looks for the gateway under test; it gives up without one.
  private static final int KANNELS_GATEWAY = 13_001;

  @TempDir Path folder;

  /// A peer's process and the lines it has printed.
  private record Peer(Process process, Queue<String> lines) implements AutoCloseable {
    static Peer start(String... command) throws IOException {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      Queue<String> lines = new ConcurrentLinkedQueue<>();
      Thread.ofVirtual().start(() -> read(process, lines));
      return new Peer(process, lines);
    }

    private static void read(Process process, Queue<String> lines) {
      try (BufferedReader reader =
          new BufferedReader(
              new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
        reader.lines().forEach(lines::add);
      } catch (IOException | UncheckedIOException e) {
        lines.add("(" + e + ")");
      }
    }

    /// The received short messages, as node-smpp decoded them.
    List<JsonNode> seen() {
      return lines.stream().skip(1).map(Peer::parse).toList();
    }

    private static JsonNode parse(String line) {
      try {
        return JSON.readTree(line);
      } catch (IOException e) {
        throw new UncheckedIOException(line, e);
      }
    }

    @Override
    public void close() {
      process.destroyForcibly().onExit().join();
    }
  }

  private static Peer nodeSmpp() throws Exception {
    Requirements.program("node", "--version");
    if (!Files.isDirectory(NODE.resolve("node_modules/smpp"))) {
      Requirements.program("npm ci --prefix acceptance/src/test/node");
    }
    Peer peer = Peer.start("node", NODE.resolve("smsc.mjs").toString(), "secret");
    await().atMost(Duration.ofMinutes(1)).until(() -> !peer.lines.isEmpty());
    return peer;
  }

  private Carillon carillon(int port, String password) throws IOException {
    return Carillon.start(
        folder,
        "--smpp-host",
        "127.0.0.1",
        "--smpp-port",
        Integer.toString(port),
        "--smpp-system-id",
        "carillon",
        "--smpp-password",
        password,
        "--retry-time-scale",
        "0.01");
  }

  private static void text(SnsClient sns, String number, String text) {
    sns.publish(r -> r.phoneNumber(number).message(text));
  }

  @Test
  void nodeSmppReceivesPublishedMessages() throws Exception {
    try (Peer peer = nodeSmpp();
        Carillon server = carillon(Integer.parseInt(peer.lines.peek()), "secret");
        SnsClient sns = Clients.root(server).sns()) {
      String topic = sns.createTopic(r -> r.name("texts")).topicArn();
      sns.subscribe(r -> r.topicArn(topic).protocol("sms").endpoint("+49151000001"));
      String plain = "plain @£$ [€] ~ " + "0123456789".repeat(30);
      String foreign = "Привет 💌 " + "й".repeat(200);
      sns.publish(r -> r.topicArn(topic).message("short"));
      text(sns, "+49151000002", plain);
      text(sns, "+49151000003", foreign);
      for (String word : List.of("busy", "stumbling", "nobody")) {
        text(sns, "+49151000004", word);
      }

      await()
          .atMost(Duration.ofMinutes(1))
          .untilAsserted(
              () -> {
                assertThat(joined(peer, "49151000001")).isEqualTo("short");
                assertThat(joined(peer, "49151000002")).isEqualTo(plain);
                assertThat(joined(peer, "49151000003")).isEqualTo(foreign);
                assertThat(server.cli("dead-letters").expectSuccess().output())
                    .contains("49151000004");
                assertThat(received(peer, "49151000004"))
                    .containsExactlyInAnyOrder(
                        "busy 88", "busy 0", "stumbling 8", "stumbling 0", "nobody 11");
              });
      // alone: other messages in flight when the connection breaks are sent again as well
      text(sns, "+49151000007", "torn");
      await()
          .atMost(Duration.ofMinutes(1))
          .untilAsserted(() -> assertThat(received(peer, "49151000007")).containsExactly("torn 0"));
      assertThat(peer.seen())
          .allSatisfy(
              m -> {
                assertThat(m.path("ton").asInt()).as("international").isEqualTo(1);
                assertThat(m.path("npi").asInt()).as("E.164").isEqualTo(1);
                assertThat(m.path("fromTon").asInt()).as("letters").isEqualTo(5);
              });
      assertThat(parts(peer, "49151000002")).hasSize(3);
      assertThat(parts(peer, "49151000003"))
          .hasSize(4)
          .allSatisfy(m -> assertThat(m.path("coding").asInt()).isEqualTo(8));
    }
  }

  /// The messages to a number, each with the response of the centre.
  private static List<String> received(Peer peer, String number) {
    return parts(peer, number).stream()
        .map(m -> m.path("text").asText() + " " + m.path("status").asInt())
        .toList();
  }

  private static List<JsonNode> parts(Peer peer, String number) {
    return peer.seen().stream().filter(m -> m.path("to").asText().equals(number)).toList();
  }

  /// The text that the phone shows: the parts in the order of their headers.
  private static String joined(Peer peer, String number) {
    return parts(peer, number).stream()
        .sorted((a, b) -> Integer.compare(place(a), place(b)))
        .map(m -> m.path("text").asText())
        .collect(Collectors.joining());
  }

  private static int place(JsonNode part) {
    JsonNode header = part.path("udh").path(0);
    return header.path(header.size() - 1).asInt(1);
  }

  @Test
  void aRefusedBindIsRetriedAndLosesNothing() throws Exception {
    try (Peer peer = nodeSmpp()) {
      int port = Integer.parseInt(peer.lines.peek());
      try (Carillon refused = carillon(port, "wrong");
          SnsClient sns = Clients.root(refused).sns()) {
        text(sns, "+49151000005", "patience");
        await()
            .atMost(Duration.ofMinutes(1))
            .untilAsserted(
                () ->
                    assertThat(refused.cli("trace").expectSuccess().output())
                        .contains("refuses the bind"));
      }
      assertThat(peer.seen()).isEmpty();
      try (Carillon _ = carillon(port, "secret")) {
        await()
            .atMost(Duration.ofMinutes(1))
            .untilAsserted(() -> assertThat(joined(peer, "49151000005")).isEqualTo("patience"));
      }
    }
  }

  @Test
  void kannelsTestCentreReceivesAMessage() throws Exception {
    Requirements.program(KANNEL, "-h");
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    try (ServerSocket gateway =
            new ServerSocket(KANNELS_GATEWAY, 1, InetAddress.getLoopbackAddress());
        Peer peer = Peer.start(KANNEL, "-v", "0", "-m", "1000", "-p", Integer.toString(port))) {
      Thread.ofVirtual().start(() -> acceptSilently(gateway));
      await()
          .atMost(Duration.ofMinutes(1))
          .until(() -> peer.lines.stream().anyMatch(line -> line.contains("accept_thread) maps")));
      try (Carillon server = carillon(port, "any");
          SnsClient sns = Clients.root(server).sns()) {
        text(sns, "+49151000006", "to Kannel");
        await()
            .atMost(Duration.ofMinutes(1))
            .untilAsserted(
                () ->
                    assertThat(peer.lines)
                        .filteredOn(line -> line.contains("submit_sm: short_message = <to Kannel>"))
                        .hasSize(1));
      }
    }
  }

  /// A gateway that accepts the connection and sends nothing.
  private static void acceptSilently(ServerSocket gateway) {
    try (Socket socket = gateway.accept()) {
      socket.getInputStream().readAllBytes();
    } catch (IOException _) {
      // the test is over
    }
  }
}
