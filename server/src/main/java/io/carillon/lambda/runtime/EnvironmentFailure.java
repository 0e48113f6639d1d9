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

/// Why an environment ended without a response, with AWS's log lines and error responses.
///
/// Source: https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-invocation.html, and logs
/// of functions on AWS (https://github.com/cargo-lambda/cargo-lambda/issues/572)
sealed interface EnvironmentFailure {

  /// The status in INIT_REPORT and REPORT.
  String status();

  /// The line between START and END; empty if the runtime has printed its own.
  Optional<String> line(String requestId, Instant now);

  /// The result for the caller.
  FunctionFailed answer(String requestId, LogTail log);

  /// It timed out.
  ///
  /// @param limit the function's time-out
  record TimedOut(Duration limit) implements EnvironmentFailure {
    @Override
    public String status() {
      return "Status: timeout";
    }

    @Override
    public Optional<String> line(String requestId, Instant now) {
      return Optional.of(now.truncatedTo(ChronoUnit.MILLIS) + " " + requestId + " " + message());
    }

    @Override
    public FunctionFailed answer(String requestId, LogTail log) {
      return functionError("Sandbox.Timedout", requestId, message(), log);
    }

    private String message() {
      return String.format(
          Locale.ROOT, "Task timed out after %.2f seconds", limit.toMillis() / 1e3);
    }
  }

  /// Its processes exited, or could not be started.
  record ProcessFailed(String type, String message) implements EnvironmentFailure {
    @Override
    public String status() {
      return because(type);
    }

    @Override
    public Optional<String> line(String requestId, Instant now) {
      return Optional.of("RequestId: " + requestId + " Error: " + message + "\n" + type);
    }

    @Override
    public FunctionFailed answer(String requestId, LogTail log) {
      return functionError(type, requestId, message, log);
    }
  }

  /// Its runtime could not load the function, and reported so to the Runtime API.
  ///
  /// @param error passed on unchanged
  record InitFailed(byte[] error, String type) implements EnvironmentFailure {
    private static final Pattern KNOWN = Pattern.compile("(Runtime|Function)\\.[A-Z][a-zA-Z]+");

    /// As on AWS, the function's own error types are not reported.
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

  private static FunctionFailed functionError(
      String type, String requestId, String detail, LogTail log) {
    String message = "RequestId: " + requestId + " Error: " + detail;
    String json =
        "{\"errorType\":\"%s\",\"errorMessage\":\"%s\"}"
            .formatted(type, new String(JsonStringEncoder.getInstance().quoteAsString(message)));
    return new FunctionFailed(json.getBytes(StandardCharsets.UTF_8), type + ": " + message, log);
  }
}
