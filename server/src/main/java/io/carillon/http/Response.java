package io.carillon.http;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/// A response: status, headers and a body. The engine sets `Content-Length`, `Date` and
/// `Connection`. A response to HEAD keeps its length and sends no body.
public record Response(int status, Headers headers, Content content) {

  /// The body of a response.
  public sealed interface Content {
    /// All bytes in memory.
    record Bytes(byte[] bytes) implements Content {}

    /// A stream of known length; the engine closes it.
    record Stream(InputStream in, long lengthBytes) implements Content {}

    /// Written as it is produced, in chunks: for responses whose length is unknown at the start.
    record Chunks(Writer writer) implements Content {}
  }

  /// Writes a response's body; a flush sends what has been written so far.
  @FunctionalInterface
  public interface Writer {
    void writeTo(OutputStream out) throws IOException;
  }

  public static Response of(int status) {
    return new Response(status, new Headers(), new Content.Bytes(new byte[0]));
  }

  public static Response of(int status, String contentType, byte[] bytes) {
    return new Response(
        status, new Headers().add("Content-Type", contentType), new Content.Bytes(bytes));
  }

  public static Response text(int status, String text) {
    return of(status, "text/plain; charset=utf-8", text.getBytes(StandardCharsets.UTF_8));
  }

  public Response header(String name, String value) {
    headers.add(name, value);
    return this;
  }

  public Response withContent(Content other) {
    return new Response(status, headers, other);
  }
}
