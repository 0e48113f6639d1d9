package io.carillon.base;

/// A [MemoryBudget] has no room. An answer to a client rather than a bug.
public final class MemoryBudgetExceededException extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private static final int MEBIBYTE = 1 << 20;

  private final boolean permanent;

  private MemoryBudgetExceededException(String message, boolean permanent) {
    super(message, null, false, false);
    this.permanent = permanent;
  }

  static MemoryBudgetExceededException temporary() {
    return new MemoryBudgetExceededException(
        "The memory for requests is in use; try again.", false);
  }

  static MemoryBudgetExceededException tooLarge(long bytes, long limitBytes) {
    return new MemoryBudgetExceededException(
        ("This request needs %d MiB of memory, more than the %d MiB that the server has for"
                + " requests. Start it with a larger heap, for example with"
                + " CARILLON_JAVA_OPTIONS=-Xmx%dm.")
            .formatted(bytes / MEBIBYTE + 1, limitBytes / MEBIBYTE, bytes / MEBIBYTE * 2 + 256),
        true);
  }

  @Override
  public String getMessage() {
    return String.valueOf(super.getMessage());
  }

  /// Whether a retry cannot succeed.
  public boolean isPermanent() {
    return permanent;
  }
}
