package io.carillon.lambda.runtime;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// An exclusive file lock by `flock(2)`, which the kernel releases when the process ends.
///
/// Not Java's own file locks: a process loses them as soon as it closes the file anywhere, so two
/// servers in one process would take them from each other.
final class ProcessFileLock implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ProcessFileLock.class);

  // The same on x86-64 and on ARM.
  private static final int READ_WRITE = 2;
  private static final int CLOSE_ON_EXEC = 0x80000;
  private static final int EXCLUSIVE_OR_FAIL = 2 | 4;

  private static final MethodHandle OPEN = call("open", ValueLayout.ADDRESS, ValueLayout.JAVA_INT);
  private static final MethodHandle FLOCK =
      call("flock", ValueLayout.JAVA_INT, ValueLayout.JAVA_INT);
  private static final MethodHandle CLOSE = call("close", ValueLayout.JAVA_INT);

  private final int descriptor;

  private ProcessFileLock(int descriptor) {
    this.descriptor = descriptor;
  }

  @SuppressWarnings("restricted") // descriptors and a path, as declared above
  private static MethodHandle call(String name, MemoryLayout... arguments) {
    return Linker.nativeLinker()
        .downcallHandle(
            Linker.nativeLinker().defaultLookup().find(name).orElseThrow(),
            FunctionDescriptor.of(ValueLayout.JAVA_INT, arguments));
  }

  /// Locks the file, which is created if missing; empty if another process holds the lock.
  static Optional<ProcessFileLock> of(Path file) throws IOException {
    if (!Files.exists(file)) {
      try {
        Files.createFile(file);
      } catch (FileAlreadyExistsException e) {
        LOG.debug("Another server was quicker to make {}", file, e);
      }
    }
    int descriptor = open(file);
    if (descriptor < 0) {
      throw new IOException("The file " + file + " cannot be opened");
    }
    if (invoke(FLOCK, descriptor, EXCLUSIVE_OR_FAIL) != 0) {
      invoke(CLOSE, descriptor);
      return Optional.empty();
    }
    return Optional.of(new ProcessFileLock(descriptor));
  }

  private static int open(Path file) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment name = arena.allocateFrom(file.toString());
      return invoke(OPEN, name, READ_WRITE | CLOSE_ON_EXEC);
    }
  }

  private static int invoke(MethodHandle function, Object... arguments) {
    try {
      return (int) function.invokeWithArguments(arguments);
    } catch (Throwable e) {
      throw new IllegalStateException("A function of the C library cannot be called", e);
    }
  }

  @Override
  public void close() {
    invoke(CLOSE, descriptor);
  }
}
