package io.carillon.lambda.runtime;

import java.io.Closeable;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;

/// The end of the pipe into which an environment prints.
///
/// When a function has answered, its log must be complete before the END line is written, so we
/// need to know whether printed bytes still wait in the pipe. Java's own end cannot say: whoever
/// reads from it holds its lock while waiting. So on Linux we open the pipe once more through
/// `/proc`, which asks the kernel without a lock. The reader takes one byte outside its own lock
/// and the rest, as [#waiting] counts it, inside; who holds that lock and sees nothing waiting has
/// seen all (but for a line end printed all by itself). Where the pipe cannot be opened, [#waiting]
/// is 0 and late lines may come behind END.
final class Output implements Closeable {
  private final InputStream in;
  private final boolean countable;

  private Output(InputStream in, boolean countable) {
    this.in = in;
    this.countable = countable;
  }

  static Output of(Process process) {
    InputStream own = process.getInputStream();
    try {
      FileInputStream again = new FileInputStream("/proc/" + process.pid() + "/fd/2");
      own.close(); // else Java drains the pipe into a buffer of its own when the process ends
      return new Output(again, true);
    } catch (IOException e) {
      return new Output(own, false);
    }
  }

  /// How many bytes have been printed and not been read.
  int waiting() throws IOException {
    return countable ? in.available() : 0;
  }

  int read() throws IOException {
    return in.read();
  }

  /// Reads what is there without waiting for more.
  int readWaiting(byte[] into, int offset) throws IOException {
    int count = Math.min(in.available(), into.length - offset);
    return count <= 0 ? 0 : Math.max(0, in.read(into, offset, count));
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
