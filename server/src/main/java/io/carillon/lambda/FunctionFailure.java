package io.carillon.lambda;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;

/// A function's error as the outbox stores it: one line of text, `type: message`.
record FunctionFailure(String type, String message) {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int LIMIT = 2000;

  /// Reads the error that a runtime reported.
  static FunctionFailure of(byte[] payload) {
    try {
      JsonNode error = JSON.readTree(payload);
      return new FunctionFailure(
          error.path("errorType").asText(""), error.path("errorMessage").asText(""));
    } catch (IOException e) {
      return new FunctionFailure("Unknown", "The runtime reported an error that is not JSON.");
    }
  }

  /// Parses the output of [#toString].
  static FunctionFailure of(String line) {
    int colon = line.indexOf(": ");
    return colon < 0
        ? new FunctionFailure("", line)
        : new FunctionFailure(line.substring(0, colon), line.substring(colon + 2));
  }

  ObjectNode toJson() {
    ObjectNode json = JsonNodeFactory.instance.objectNode().put("errorMessage", message);
    return type.isEmpty() ? json : json.put("errorType", type);
  }

  @Override
  public String toString() {
    String line = type + ": " + message;
    return line.length() > LIMIT ? line.substring(0, LIMIT) : line;
  }
}
