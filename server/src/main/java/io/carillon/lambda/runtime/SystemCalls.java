package io.carillon.lambda.runtime;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// The seccomp filter for functions, which bubblewrap passes to the kernel.
///
/// It refuses system calls that are open to unprivileged processes but that no handler needs: user
/// namespaces, in which a function would be root to much of the kernel; the key rings, which it
/// inherits from the server's parent and shares with other functions; and the calls behind most
/// escapes of recent years. Filters cannot see the flags of `clone3`, so it is "not implemented",
/// and C libraries fall back to `clone`, whose flags can be checked.
///
/// Sources: `linux/seccomp.h`, `linux/filter.h`, the kernel's system call tables; Docker's default
/// profile refuses the same and more.
final class SystemCalls {
  private static final int LOAD = 0x20;
  private static final int IF_EQUAL = 0x15;
  private static final int IF_AT_LEAST = 0x35;
  private static final int IF_ANY_BIT = 0x45;
  private static final int RETURN = 0x06;

  private static final int NUMBER_AT = 0;
  private static final int MACHINE_AT = 4;
  private static final int FIRST_ARGUMENT_AT = 16;

  private static final int ALLOW = 0x7fff0000;
  private static final int NOT_PERMITTED = 0x00050000 | 1;
  private static final int NOT_IMPLEMENTED = 0x00050000 | 38;

  private static final int CLONE3 = 435;

  /// CLONE_NEWNS, CGROUP, UTS, IPC, USER, PID and NET.
  private static final int NEW_NAMESPACES = 0x7E020000;

  /// The numbers of the x32 ABI.
  private static final int SECOND_SET = 0x40000000;

  /// io_uring_setup, _enter and _register have the same numbers everywhere.
  private enum Architecture {
    /// unshare, setns, add_key, request_key, keyctl, bpf, perf_event_open, userfaultfd,
    /// open_by_handle_at
    X86_64(0xC000003E, 56, List.of(272, 308, 248, 249, 250, 321, 298, 323, 304, 425, 426, 427)),
    /// the same
    AARCH64(0xC00000B7, 220, List.of(97, 268, 217, 218, 219, 280, 241, 282, 265, 425, 426, 427));

    final int audit;
    final int clone;

    @SuppressWarnings("ImmutableEnumChecker") // a List.of
    final List<Integer> refused;

    Architecture(int audit, int clone, List<Integer> refused) {
      this.audit = audit;
      this.clone = clone;
      this.refused = refused;
    }
  }

  private final List<long[]> program = new ArrayList<>();

  private SystemCalls() {}

  /// The filter for this machine, as an array of `struct sock_filter`; empty for an unknown
  /// architecture.
  static Optional<byte[]> filter() {
    return switch (System.getProperty("os.arch")) {
      case "amd64", "x86_64" -> Optional.of(new SystemCalls().write(Architecture.X86_64));
      case "aarch64" -> Optional.of(new SystemCalls().write(Architecture.AARCH64));
      default -> Optional.empty();
    };
  }

  private byte[] write(Architecture machine) {
    add(LOAD, 0, 0, MACHINE_AT);
    add(IF_EQUAL, 1, 0, machine.audit);
    add(RETURN, 0, 0, NOT_IMPLEMENTED); // 32-bit programs
    add(LOAD, 0, 0, NUMBER_AT);
    if (machine == Architecture.X86_64) {
      add(IF_AT_LEAST, 0, 1, SECOND_SET);
      add(RETURN, 0, 0, NOT_IMPLEMENTED);
    }
    for (int number : machine.refused) {
      add(IF_EQUAL, 0, 1, number);
      add(RETURN, 0, 0, NOT_PERMITTED);
    }
    add(IF_EQUAL, 0, 1, CLONE3);
    add(RETURN, 0, 0, NOT_IMPLEMENTED);
    add(IF_EQUAL, 0, 3, machine.clone); // else: allow
    add(LOAD, 0, 0, FIRST_ARGUMENT_AT);
    add(IF_ANY_BIT, 0, 1, NEW_NAMESPACES);
    add(RETURN, 0, 0, NOT_PERMITTED);
    add(RETURN, 0, 0, ALLOW);
    return bytes();
  }

  /// @param then how many instructions to skip if true
  /// @param otherwise how many if false
  private void add(int code, int then, int otherwise, int value) {
    program.add(new long[] {code, then, otherwise, value});
  }

  private byte[] bytes() {
    ByteBuffer buffer = ByteBuffer.allocate(8 * program.size()).order(ByteOrder.nativeOrder());
    for (long[] instruction : program) {
      buffer.putShort((short) instruction[0]).put((byte) instruction[1]);
      buffer.put((byte) instruction[2]).putInt((int) instruction[3]);
    }
    return buffer.array();
  }
}
