package io.carillon.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Code that is too large is refused by its declared length, before the body is read. Sources:
/// https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-deployment.html and users' reports
/// of the number.
class LambdaUploadTest {
  private static final long LIMIT = 70_167_211;
  private static Server server;

  @BeforeAll
  static void start() throws Exception {
    server = InMemoryServer.start();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static String head(String method, String path, long length) {
    return "%s %s HTTP/1.1\r\nHost: lambda.us-east-1.amazonaws.com\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
        .formatted(method, path, length);
  }

  private static String answerTo(String head, long bodyBytes) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
      socket.setSoTimeout(60_000);
      OutputStream out = socket.getOutputStream();
      out.write(head.getBytes(StandardCharsets.US_ASCII));
      byte[] chunk = new byte[1 << 20];
      for (long sent = 0; sent < bodyBytes; sent += chunk.length) {
        out.write(chunk, 0, (int) Math.min(chunk.length, bodyBytes - sent));
      }
      InputStream in = socket.getInputStream();
      StringBuilder answer = new StringBuilder();
      int next;
      while (!answer.toString().endsWith("}") && (next = in.read()) >= 0) {
        answer.append((char) next);
      }
      return answer.toString();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "POST, /2015-03-31/functions, CreateFunction, 70167211",
    "PUT, /2015-03-31/functions/f/code, UpdateFunctionCode, 70167211",
    "POST, /2018-10-31/layers/l/versions, PublishLayerVersion, 70167211",
    "PUT, /2015-03-31/functions/f/configuration, UpdateFunctionConfiguration, 5120",
  })
  void oversizedBodiesAreRefusedBeforeTheyAreSent(
      String method, String path, String operation, long limit) throws IOException {
    String answer = answerTo(head(method, path, limit + 1), 0);
    assertThat(answer)
        .startsWith("HTTP/1.1 413 ")
        .containsIgnoringCase("x-amzn-ErrorType: RequestEntityTooLargeException")
        .endsWith(
            "{\"message\":\"Request must be smaller than %d bytes for the %s operation\"}"
                .formatted(limit, operation));
  }

  /// Most clients read the response only after sending the whole body.
  @Test
  void clientsThatGoOnSendingStillGetTheRefusal() throws IOException {
    assertThat(answerTo(head("POST", "/2015-03-31/functions", 84 << 20), 84 << 20))
        .contains("Request must be smaller than " + LIMIT + " bytes for the CreateFunction");
  }

  @Test
  void bodiesWithinTheLimitAreRead() throws IOException {
    assertThat(answerTo(head("PUT", "/2015-03-31/functions/f/code", 100_000), 100_000))
        .doesNotContain("must be smaller");
  }
}
