package io.carillon.lambda.runtime;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/// Stops and resumes processes, which Java cannot, and which would take milliseconds with a `kill`
/// program.
final class Signals {
  // The same on every Linux that has bubblewrap and a JDK, but for MIPS.
  private static final int SIGCONT = 18;
  private static final int SIGSTOP = 19;

  @SuppressWarnings("restricted") // the system call takes numbers only
  private static final MethodHandle KILL =
      Linker.nativeLinker()
          .downcallHandle(
              Linker.nativeLinker().defaultLookup().find("kill").orElseThrow(),
              FunctionDescriptor.of(
                  ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));

  private Signals() {}

  static void stop(long pid) {
    send(pid, SIGSTOP);
  }

  static void resume(long pid) {
    send(pid, SIGCONT);
  }

  /// Ignores processes that have ended meanwhile.
  private static void send(long pid, int signal) {
    try {
      int _ = (int) KILL.invokeExact(Math.toIntExact(pid), signal);
    } catch (Throwable e) {
      throw new IllegalStateException("kill(2) cannot be called", e);
    }
  }
}
