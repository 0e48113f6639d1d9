package io.carillon.acceptance;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/// A private Postfix in a folder of its own, on a loopback port, as the relay of a test. All mail
/// for `example.test` is delivered to one maildir. Before it accepts a recipient, it asks the test
/// by Postfix's policy protocol, as it would ask a greylisting daemon.
///
/// Source: https://www.postfix.org/SMTPD_POLICY_README.html
final class Postfix implements AutoCloseable {
  private final Path home;
  private final int port;
  private final ServerSocket policy;
  private final Process process;
  private final Map<String, UnaryOperator<String>> rules = new ConcurrentHashMap<>();
  private final Queue<String> asked = new ConcurrentLinkedQueue<>();

  private Postfix(Path home, int port, ServerSocket policy, Process process) {
    this.home = home;
    this.port = port;
    this.policy = policy;
    this.process = process;
    Thread.ofVirtual().start(this::answerPolicyRequests);
  }

  /// Only root can run Postfix's master process, which drops privileges by itself.
  static void need() {
    Requirements.program("postconf", "-d", "mail_version");
    Requirements.program("sh", "-c", "test $(id -u) = 0");
  }

  static Postfix start(Path folder) throws Exception {
    Path home = Files.createDirectory(folder.resolve("postfix"));
    // Postfix's own user needs access.
    for (Path open = home; open != null && open.startsWith(folder); open = open.getParent()) {
      Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
    for (String part : List.of("queue", "data", "mail")) {
      Files.createDirectory(home.resolve(part));
    }
    for (String part : List.of("data", "mail")) {
      run("chown", "postfix", home.resolve(part).toString());
    }
    ServerSocket policy = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    int port = freePort();
    Files.writeString(home.resolve("main.cf"), main(home, policy.getLocalPort()));
    Files.writeString(home.resolve("master.cf"), services(port));
    Process process =
        new ProcessBuilder("postfix", "-c", home.toString(), "start-fg")
            .redirectErrorStream(true)
            .redirectOutput(home.resolve("start.log").toFile())
            .start();
    Postfix postfix = new Postfix(home, port, policy, process);
    org.awaitility.Awaitility.await()
        .atMost(java.time.Duration.ofMinutes(2))
        .failFast("Postfix has ended", () -> !process.isAlive())
        .until(postfix::answers);
    return postfix;
  }

  private static String main(Path home, int policyPort) throws Exception {
    return """
    compatibility_level = 3.6
    queue_directory = %1$s/queue
    data_directory = %1$s/data
    command_directory = %3$s
    daemon_directory = %4$s
    meta_directory = %5$s
    maillog_file = %1$s/log
    maillog_file_prefixes = %1$s
    myhostname = relay.example.test
    mydestination =
    alias_maps =
    alias_database =
    inet_interfaces = 127.0.0.1
    inet_protocols = ipv4
    mynetworks = 127.0.0.0/8
    virtual_mailbox_domains = example.test
    virtual_mailbox_base = %1$s/mail
    virtual_mailbox_maps = static:inbox/
    virtual_minimum_uid = 1
    virtual_uid_maps = static:%6$s
    virtual_gid_maps = static:%7$s
    smtpd_recipient_restrictions = check_policy_service inet:127.0.0.1:%2$d, permit_mynetworks, reject
    """
        .formatted(
            home,
            policyPort,
            run("postconf", "-dh", "command_directory"),
            run("postconf", "-dh", "daemon_directory"),
            run("postconf", "-dh", "meta_directory"),
            run("id", "-u", "postfix"),
            run("id", "-g", "postfix"));
  }

  private static String services(int port) {
    return """
    127.0.0.1:%d inet n - n - - smtpd
    cleanup unix n - n - 0 cleanup
    qmgr unix n - n 300 1 qmgr
    rewrite unix - - n - - trivial-rewrite
    bounce unix - - n - 0 bounce
    defer unix - - n - 0 bounce
    trace unix - - n - 0 bounce
    verify unix - - n - 1 verify
    proxymap unix - - n - - proxymap
    error unix - - n - - error
    retry unix - - n - - error
    virtual unix - n n - - virtual
    anvil unix - - n - 1 anvil
    postlog unix-dgram n - n - 1 postlogd
    """
        .formatted(port);
  }

  int port() {
    return port;
  }

  /// Sets the policy response for a recipient, such as `REJECT not here`.
  void rule(String recipient, String action) {
    rules.put(recipient, _ -> action);
  }

  /// Rejects a recipient's mails temporarily, this many times.
  void greylist(String recipient, int times) {
    rules.put(
        recipient,
        _ ->
            asked.stream().filter(recipient::equals).count() <= times
                ? "DEFER_IF_PERMIT greylisted"
                : "DUNNO");
  }

  /// How many delivery attempts there were for the recipient.
  long attempts(String recipient) {
    return asked.stream().filter(recipient::equals).count();
  }

  /// The files of the mails delivered to a recipient, oldest first.
  List<Path> mails(String recipient) throws IOException {
    Path inbox = home.resolve("mail/inbox/new");
    if (!Files.isDirectory(inbox)) {
      return List.of();
    }
    try (Stream<Path> mails = Files.list(inbox)) {
      return mails.filter(mail -> isFor(mail, recipient)).sorted().toList();
    }
  }

  private static boolean isFor(Path mail, String recipient) {
    try {
      return Files.readString(mail).contains("Delivered-To: " + recipient);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  String log() {
    StringBuilder text = new StringBuilder();
    for (String part : List.of("start.log", "log")) {
      try {
        text.append(Files.readString(home.resolve(part)));
      } catch (IOException _) {
        text.append("(there is no ").append(part).append(")\n");
      }
    }
    return text.toString();
  }

  private void answerPolicyRequests() {
    while (true) {
      try {
        Socket smtpd = policy.accept();
        Thread.ofVirtual().start(() -> answer(smtpd));
      } catch (IOException _) {
        return; // closed
      }
    }
  }

  private void answer(Socket smtpd) {
    try (smtpd;
        BufferedReader lines =
            new BufferedReader(
                new InputStreamReader(smtpd.getInputStream(), StandardCharsets.UTF_8))) {
      String recipient = "";
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.startsWith("recipient=")) {
          recipient = line.substring("recipient=".length());
        } else if (line.isEmpty()) {
          asked.add(recipient);
          String action = rules.getOrDefault(recipient, _ -> "DUNNO").apply(recipient);
          smtpd
              .getOutputStream()
              .write(("action=" + action + "\n\n").getBytes(StandardCharsets.UTF_8));
        }
      }
    } catch (IOException _) {
      // smtpd closed the connection
    }
  }

  private boolean answers() {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
        BufferedReader lines =
            new BufferedReader(
                new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII))) {
      return String.valueOf(lines.readLine()).startsWith("220 relay.example.test");
    } catch (IOException _) {
      return false;
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return free.getLocalPort();
    }
  }

  private static String run(String... command) throws IOException {
    return FinishedProcess.of(List.of(command), Map.of(), Path.of("/"))
        .expectSuccess()
        .output()
        .strip();
  }

  @Override
  public void close() throws IOException {
    FinishedProcess.of(List.of("postfix", "-c", home.toString(), "stop"), Map.of(), Path.of("/"));
    process.destroy();
    process.onExit().join();
    policy.close();
  }
}
