package io.carillon.http;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Objects;

/// Gathers what a [Response.Writer] writes and passes it on in pieces. Nothing leaves before the
/// buffer is full or flushed, so a short answer can still be sent whole, with its length, and one
/// whose writer fails early can still become an error.
final class ChunkedOutput extends OutputStream {

  /// Takes one piece of the answer.
  interface Sink {
    void piece(byte[] bytes, int count) throws IOException;
  }

  private static final int SIZE = 16 << 10;

  private final Sink sink;
  private byte[] bytes = new byte[1024];
  private int count;
  private boolean begun;
  private boolean over;

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
    if (over) {
      throw new IOException("The answer has ended");
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
    if (count > 0 && !over) {
      begun = true;
      sink.piece(bytes, count);
      count = 0;
    }
  }

  /// The writer must not close the answer: the engine does, once it knows that all went well.
  @Override
  public void close() {}

  void end() {
    over = true;
  }

  /// Whether a piece has left.
  boolean begun() {
    return begun;
  }

  /// What has not left.
  byte[] rest() {
    return java.util.Arrays.copyOf(bytes, count);
  }
}
