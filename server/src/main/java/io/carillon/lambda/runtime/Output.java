package io.carillon.lambda.runtime;

import java.io.Closeable;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;

/// The read end of an environment's output pipe.
///
/// After a function's response, its log must be complete before the END line, so we need to know
/// whether the pipe still holds bytes. Java's stream cannot tell, because a blocked reader holds
/// its lock. So on Linux we open the pipe again through `/proc` and query the kernel without a
/// lock. The reader takes one byte outside its own lock and the rest, as counted by [#waiting],
/// inside; a thread that holds that lock and sees nothing waiting has seen all output (except a
/// line end printed alone). If the pipe cannot be opened, [#waiting] is 0 and late lines may follow
/// END.
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

  /// The number of unread bytes.
  int waiting() throws IOException {
    return countable ? in.available() : 0;
  }

  int read() throws IOException {
    return in.read();
  }

  /// Reads available bytes without blocking.
  int readAvailable(byte[] into, int offset) throws IOException {
    int count = Math.min(in.available(), into.length - offset);
    return count <= 0 ? 0 : Math.max(0, in.read(into, offset, count));
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
