package io.carillon.sns.smtp;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;

/// A mail relay with scripted replies.
final class ScriptedRelay implements AutoCloseable {
  /// Instead of a reply, the connection is closed.
  static final String DISCONNECT = "TEAR";

  /// No reply at all.
  static final String NO_REPLY = "SILENCE";

  private final ServerSocket serverSocket =
      new ServerSocket(0, 16, InetAddress.getLoopbackAddress());
  private final List<Socket> open = new CopyOnWriteArrayList<>();
  private final Function<String, String> answers;
  final List<String> commands = new CopyOnWriteArrayList<>();

  /// @param answers by command: `CONNECT`, `EHLO`, `MAIL`, …, and `DOT` for the end of the data; an
  ///   empty one stands for the default reply
  ScriptedRelay(Function<String, String> answers) throws IOException {
    this.answers = answers;
    Thread.ofVirtual().start(this::accept);
  }

  int port() {
    return serverSocket.getLocalPort();
  }

  long connections() {
    return commands.stream().filter(command -> command.equals("CONNECT")).count();
  }

  /// Closes all connections, as a relay does with idle ones.
  void closeConnections() throws IOException {
    for (Socket socket : open) {
      socket.close();
    }
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
      BufferedReader in =
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.ISO_8859_1));
      if (!answer(socket, "CONNECT")) {
        return;
      }
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        String command = line.split(" ", 2)[0];
        if (!answer(socket, command) || command.equals("QUIT")) {
          return;
        }
        if (command.equals("DATA") && answers.apply("DATA").isEmpty()) {
          while (line != null && !line.equals(".")) {
            line = in.readLine();
          }
          if (!answer(socket, "DOT")) {
            return;
          }
        }
      }
    } catch (IOException _) {
      // closed by the peer or the test
    }
  }

  private boolean answer(Socket socket, String command) throws IOException {
    commands.add(command);
    String scripted = answers.apply(command);
    String answer = scripted.isEmpty() ? defaultReply(command) : scripted;
    if (answer.equals(DISCONNECT)) {
      return false;
    }
    if (answer.equals(NO_REPLY)) {
      return true;
    }
    OutputStream out = socket.getOutputStream();
    out.write((answer + "\r\n").getBytes(StandardCharsets.ISO_8859_1));
    out.flush();
    return true;
  }

  private static String defaultReply(String command) {
    return switch (command) {
      case "CONNECT" -> "220 scripted";
      case "EHLO" -> "250-scripted\r\n250 AUTH PLAIN LOGIN";
      case "DATA" -> "354 go on";
      case "QUIT" -> "221 bye";
      case "AUTH" -> "235 welcome";
      default -> "250 fine";
    };
  }

  @Override
  public void close() throws IOException {
    serverSocket.close();
    closeConnections();
  }
}
