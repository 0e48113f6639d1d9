package io.carillon.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.carillon.admin.AdminSpec;
import io.carillon.aws.sigv4.Signer;
import io.carillon.base.Region;
import io.carillon.base.Secret;
import io.carillon.http.Headers;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLEncoder;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import org.apache.commons.cli.CommandLine;
import org.jspecify.annotations.Nullable;

/// A running server as the client commands address it: by its URL, signing as the first account's
/// root user (`AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`, else `test`/`test`).
final class Endpoint {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int CONNECT_MILLIS = 5_000;
  private static final int READ_MILLIS = 70_000; // a poll of the server takes a minute

  private final URI url;
  private final String accessKeyId;
  private final Secret secretAccessKey;

  Endpoint(URI url, String accessKeyId, Secret secretAccessKey) {
    this.url = url;
    this.accessKeyId = accessKeyId;
    this.secretAccessKey = secretAccessKey;
  }

  static void option(Command command) {
    command.option(
        "endpoint", "URL", "the server (default: AWS_ENDPOINT_URL, else http://127.0.0.1:4566)");
  }

  static Endpoint of(CommandLine given) {
    Map<String, String> environment = System.getenv();
    return new Endpoint(
        url(
            given.getOptionValue(
                "endpoint", environment.getOrDefault("AWS_ENDPOINT_URL", "http://127.0.0.1:4566"))),
        environment.getOrDefault("AWS_ACCESS_KEY_ID", "test"),
        new Secret(environment.getOrDefault("AWS_SECRET_ACCESS_KEY", "test")));
  }

  /// @throws CommandFailure where it is not the URL of a server
  static URI url(String text) {
    try {
      URI url = new URI(text.replaceAll("/$", ""));
      boolean http = "http".equals(url.getScheme()) || "https".equals(url.getScheme());
      if (http && url.getHost() != null && url.getRawPath().isEmpty()) {
        return url;
      }
    } catch (URISyntaxException _) {
      // reported below
    }
    throw new CommandFailure(
        "\"" + text + "\" is not the URL of a server, such as http://127.0.0.1:4566.");
  }

  JsonNode get(String path, Map<String, String> query) {
    return call("GET", path, query);
  }

  /// Calls a route of the admin API.
  ///
  /// @throws CommandFailure where the server does not answer or refuses
  JsonNode call(String method, String path, Map<String, String> query) {
    StringBuilder uri = new StringBuilder(url + "/_carillon/" + path);
    char separator = '?';
    for (Map.Entry<String, String> parameter : query.entrySet()) {
      uri.append(separator)
          .append(encode(parameter.getKey()))
          .append('=')
          .append(encode(parameter.getValue()));
      separator = '&';
    }
    URI target = URI.create(uri.toString());
    try {
      HttpURLConnection connection = connect(method, target);
      int status = connection.getResponseCode();
      String body = read(status < 400 ? connection.getInputStream() : connection.getErrorStream());
      JsonNode answer = JSON.readTree(body);
      if (status != 200) {
        throw new CommandFailure(answer.path("message").asText(body));
      }
      return answer;
    } catch (JsonProcessingException e) {
      throw new CommandFailure("what answers at " + url + " is not Carillon.");
    } catch (ConnectException | UnknownHostException _) {
      throw new CommandFailure(
          "no server answers at "
              + url
              + ". Start one with ./carillon start, or say where it is with --endpoint.");
    } catch (IOException e) {
      throw new CommandFailure("the call to " + target + " failed: " + e);
    }
  }

  /// By the JDK's old client: the new one makes TLS and threads ready first, which takes longer
  /// than the rest of a command.
  private HttpURLConnection connect(String method, URI target) throws IOException {
    HttpURLConnection connection = (HttpURLConnection) target.toURL().openConnection();
    connection.setRequestMethod(method);
    connection.setConnectTimeout(CONNECT_MILLIS);
    connection.setReadTimeout(READ_MILLIS);
    connection.setInstanceFollowRedirects(false);
    sign(method, target).forEach(connection::setRequestProperty);
    if (method.equals("POST")) {
      connection.setDoOutput(true);
      connection.setFixedLengthStreamingMode(0); // else it would be sent again where it fails
    }
    return connection;
  }

  private static String read(@Nullable InputStream body) throws IOException {
    if (body == null) {
      return "";
    }
    try (body) {
      return new String(body.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private Headers sign(String method, URI target) {
    Signer signer =
        new Signer(
            accessKeyId,
            secretAccessKey,
            Optional.empty(),
            Region.US_EAST_1,
            AdminSpec.SPEC,
            InstantSource.system());
    return signer.sign(method, target, new Headers(), new byte[0]);
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }
}
