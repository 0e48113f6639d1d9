package io.carillon.lambda;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.carillon.base.Timestamps;
import io.carillon.messaging.MessageAttribute;
import io.carillon.outbox.Job;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/// Invocation records: the JSON documents that report how an asynchronous invocation ended.
///
/// Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
final class InvocationRecords {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int ERROR_MESSAGE_CHARACTERS = 1024;

  private InvocationRecords() {}

  static byte[] success(
      AsyncInvocation invocation, Job job, String version, byte[] response, Instant now) {
    ObjectNode document = document(invocation, "Success", Math.max(1, job.attempts()), now);
    responseContext(document, version);
    document.set("responsePayload", payload(response));
    return bytes(document);
  }

  /// @param invokeCount how often the function was invoked
  /// @param condition such as `RetriesExhausted`
  /// @param failure the error of the last attempt, in [FunctionFailure]'s format
  /// @param reported the same error as the runtime reported it, with a stack trace; empty if not
  ///   known
  static byte[] failure(
      AsyncInvocation invocation,
      int invokeCount,
      String version,
      String condition,
      String failure,
      Optional<byte[]> reported,
      Instant now) {
    ObjectNode document = document(invocation, condition, invokeCount, now);
    if (invokeCount > 0) {
      responseContext(document, version).put("functionError", "Unhandled");
      document.set(
          "responsePayload",
          reported
              .map(InvocationRecords::payload)
              .orElseGet(() -> FunctionFailure.of(failure).toJson()));
    }
    return bytes(document);
  }

  /// The attributes of a message to a dead-letter queue, whose body is the event.
  static Map<String, MessageAttribute> deadLetterAttributes(
      AsyncInvocation invocation, int invokeCount, String failure) {
    String message = FunctionFailure.of(failure).message();
    return Map.of(
        "RequestID",
        MessageAttribute.string(invocation.requestId()),
        "ErrorCode",
        MessageAttribute.number(invokeCount > 0 ? "200" : "429"),
        "ErrorMessage",
        MessageAttribute.string(
            message.length() > ERROR_MESSAGE_CHARACTERS
                ? message.substring(0, ERROR_MESSAGE_CHARACTERS)
                : message));
  }

  private static ObjectNode document(
      AsyncInvocation invocation, String condition, int attempts, Instant now) {
    FunctionName name = invocation.functionName();
    String qualified =
        name.withQualifier(name.qualifier().orElse(FunctionName.LATEST)).qualifiedArn().toString();
    ObjectNode document = JsonNodeFactory.instance.objectNode();
    document.put("version", "1.0").put("timestamp", Timestamps.millis(now));
    document
        .putObject("requestContext")
        .put("requestId", invocation.requestId())
        .put("functionArn", qualified)
        .put("condition", condition)
        .put("approximateInvokeCount", attempts);
    document.set("requestPayload", payload(invocation.payload()));
    return document;
  }

  private static ObjectNode responseContext(ObjectNode document, String version) {
    return document
        .putObject("responseContext")
        .put("statusCode", 200)
        .put("executedVersion", version);
  }

  private static JsonNode payload(byte[] bytes) {
    try {
      JsonNode tree = JSON.readTree(bytes);
      return tree.isMissingNode() ? JsonNodeFactory.instance.nullNode() : tree;
    } catch (IOException e) { // custom runtimes may return anything
      return JsonNodeFactory.instance.textNode(new String(bytes, StandardCharsets.UTF_8));
    }
  }

  private static byte[] bytes(ObjectNode document) {
    try {
      return JSON.writeValueAsBytes(document);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }
}
