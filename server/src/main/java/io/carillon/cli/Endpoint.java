package io.carillon.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.carillon.aws.sigv4.Signer;
import io.carillon.base.Region;
import io.carillon.base.Secret;
import io.carillon.http.Headers;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import org.apache.commons.cli.CommandLine;

/// A running server as the client commands address it: by its URL, signing as the first account's
/// root user (`AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`, else `test`/`test`).
final class Endpoint {
  private static final ObjectMapper JSON = new ObjectMapper();

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
    try (HttpClient client =
        HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build()) {
      HttpRequest.Builder request =
          HttpRequest.newBuilder(target)
              .timeout(Duration.ofSeconds(70))
              .method(method, HttpRequest.BodyPublishers.noBody());
      sign(method, target).forEach(request::header);
      HttpResponse<String> response =
          client.send(request.build(), HttpResponse.BodyHandlers.ofString());
      JsonNode answer = JSON.readTree(response.body());
      if (response.statusCode() != 200) {
        throw new CommandFailure(answer.path("message").asText(response.body()));
      }
      return answer;
    } catch (JsonProcessingException e) {
      throw new CommandFailure("what answers at " + url + " is not Carillon.");
    } catch (ConnectException e) {
      throw new CommandFailure(
          "no server answers at "
              + url
              + ". Start one with ./carillon start, or say where it is with --endpoint.");
    } catch (IOException e) {
      throw new CommandFailure("the call to " + target + " failed: " + e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandFailure("interrupted");
    }
  }

  private Headers sign(String method, URI target) {
    Signer signer =
        new Signer(
            accessKeyId,
            secretAccessKey,
            Optional.empty(),
            Region.US_EAST_1,
            "carillon",
            InstantSource.system());
    return signer.sign(method, target, new Headers(), new byte[0]);
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }
}
