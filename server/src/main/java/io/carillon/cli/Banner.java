package io.carillon.cli;

import io.carillon.server.Config;
import io.carillon.server.Server;

/// The text that is printed when the server is ready.
final class Banner {
  private Banner() {}

  static String of(Server server, Config config) {
    StringBuilder text = new StringBuilder();
    text.append("Carillon is ready at ").append(server.endpoint()).append('\n');
    if (config.publicUrl().isPresent()) {
      text.append("  listens   ")
          .append(config.host().getHostAddress())
          .append(':')
          .append(server.port())
          .append('\n');
    }
    server
        .httpsPort()
        .ifPresent(
            port ->
                text.append("  HTTPS     port ")
                    .append(port)
                    .append(
                        ", for clients that trust keys/tls-authority.crt of the data folder\n"));
    text.append("  account   ").append(config.accountId()).append('\n');
    text.append("  data      ")
        .append(
            config.inMemory()
                ? "in memory, gone with this process"
                : config.data().toAbsolutePath().normalize())
        .append('\n');
    text.append("  sandbox   ").append(server.sandbox()).append('\n');
    server
        .rootKeyNotice()
        .ifPresent(notice -> text.append("  root key  ").append(notice).append('\n'));
    text.append("  e-mail    ").append(server.mailRoute()).append('\n');
    text.append("  SMS       ").append(server.smsRoute()).append('\n');
    text.append("Point clients at it:\n");
    text.append("  export AWS_ENDPOINT_URL=").append(server.endpoint());
    if (config.hasDefaultCredentials()) {
      text.append(" AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test");
    }
    return text.append(" AWS_DEFAULT_REGION=us-east-1\n").toString();
  }
}
