package io.carillon.http;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/// An answer: status, headers and a body. `Content-Length`, `Date` and `Connection` are the
/// engine's to set. An answer to HEAD keeps its length and sends no body.
public record Response(int status, Headers headers, Content content) {

  /// What an answer carries.
  public sealed interface Content {
    /// All at hand.
    record Bytes(byte[] bytes) implements Content {}

    /// A stream of known length; the engine closes it.
    record Stream(InputStream in, long lengthBytes) implements Content {}

    /// Written as it comes, in chunks: for answers whose length is not known at the start.
    record Chunks(Writer writer) implements Content {}
  }

  /// Writes an answer's body; a flush sends what has been written so far.
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
