package io.carillon.lambda.runtime;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import io.carillon.lambda.runtime.InvocationResult.FunctionFailed;
import io.carillon.lambda.runtime.InvocationResult.LogTail;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/// Why an environment ended with its work undone, in the words that AWS logs and answers.
///
/// Source: https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-invocation.html, and logs
/// of functions on AWS (https://github.com/cargo-lambda/cargo-lambda/issues/572)
sealed interface EnvironmentFailure {

  /// How INIT_REPORT and REPORT say it.
  String status();

  /// The line between START and END; empty where the runtime has printed its own.
  Optional<String> line(String requestId, Instant now);

  /// What the caller is told.
  FunctionFailed answer(String requestId, LogTail log);

  /// Its time was up.
  ///
  /// @param limit the function's time-out
  record TimedOut(Duration limit) implements EnvironmentFailure {
    @Override
    public String status() {
      return "Status: timeout";
    }

    @Override
    public Optional<String> line(String requestId, Instant now) {
      return Optional.of(now.truncatedTo(ChronoUnit.MILLIS) + " " + requestId + " " + words());
    }

    @Override
    public FunctionFailed answer(String requestId, LogTail log) {
      return told("Sandbox.Timedout", requestId, words(), log);
    }

    private String words() {
      return String.format(
          Locale.ROOT, "Task timed out after %.2f seconds", limit.toMillis() / 1e3);
    }
  }

  /// Its processes ended by themselves, or could not be run at all.
  record Broken(String type, String words) implements EnvironmentFailure {
    @Override
    public String status() {
      return because(type);
    }

    @Override
    public Optional<String> line(String requestId, Instant now) {
      return Optional.of("RequestId: " + requestId + " Error: " + words + "\n" + type);
    }

    @Override
    public FunctionFailed answer(String requestId, LogTail log) {
      return told(type, requestId, words, log);
    }
  }

  /// Its runtime could not load the function, and told the Runtime API.
  ///
  /// @param error passed on as it is
  record NotLoaded(byte[] error, String type) implements EnvironmentFailure {
    private static final Pattern KNOWN = Pattern.compile("(Runtime|Function)\\.[A-Z][a-zA-Z]+");

    /// Types of the function's own are not told.
    @Override
    public String status() {
      return because(KNOWN.matcher(type).matches() ? type : "Runtime.Unknown");
    }

    @Override
    public Optional<String> line(String requestId, Instant now) {
      return Optional.empty();
    }

    @Override
    public FunctionFailed answer(String requestId, LogTail log) {
      return new FunctionFailed(error, type, log);
    }
  }

  private static String because(String type) {
    return "Status: error\tError Type: " + type;
  }

  private static FunctionFailed told(String type, String requestId, String words, LogTail log) {
    String message = "RequestId: " + requestId + " Error: " + words;
    String json =
        "{\"errorType\":\"%s\",\"errorMessage\":\"%s\"}"
            .formatted(type, new String(JsonStringEncoder.getInstance().quoteAsString(message)));
    return new FunctionFailed(json.getBytes(StandardCharsets.UTF_8), type + ": " + message, log);
  }
}
