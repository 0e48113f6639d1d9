package io.carillon.http;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Objects;

/// Buffers the output of a [Response.Writer] and passes it on in pieces. Nothing is sent before the
/// buffer is full or flushed, so a short response can still be sent whole, with its length, and an
/// early failure of its writer can still become an error.
final class ChunkedOutput extends OutputStream {

  /// Sends one piece of the response.
  interface Sink {
    void piece(byte[] bytes, int count) throws IOException;
  }

  private static final int SIZE = 16 << 10;

  private final Sink sink;
  private byte[] bytes = new byte[1024];
  private int count;
  private boolean started;
  private boolean ended;

  ChunkedOutput(Sink sink) {
    this.sink = sink;
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] from, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, from.length);
    if (ended) {
      throw new IOException("The response has ended");
    }
    int done = 0;
    while (done < length) {
      if (count == SIZE) {
        flush();
      }
      int take = Math.min(length - done, SIZE - count);
      reserve(take);
      System.arraycopy(from, offset + done, bytes, count, take);
      count += take;
      done += take;
    }
  }

  private void reserve(int more) {
    if (count + more > bytes.length) {
      bytes =
          java.util.Arrays.copyOf(bytes, Math.min(SIZE, Math.max(bytes.length * 4, count + more)));
    }
  }

  @Override
  public void flush() throws IOException {
    if (count > 0 && !ended) {
      started = true;
      sink.piece(bytes, count);
      count = 0;
    }
  }

  /// Does nothing: the engine ends the response, once it knows that the writer succeeded.
  @Override
  public void close() {}

  void end() {
    ended = true;
  }

  /// Whether a piece has been sent.
  boolean started() {
    return started;
  }

  /// The bytes not yet sent.
  byte[] rest() {
    return java.util.Arrays.copyOf(bytes, count);
  }
}
