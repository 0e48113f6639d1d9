package io.carillon.base;

/// A [MemoryBudget] has no room: an answer to a client rather than a bug.
public final class NoRoomException extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private static final int MEBIBYTE = 1 << 20;

  private final boolean forGood;

  private NoRoomException(String message, boolean forGood) {
    super(message, null, false, false);
    this.forGood = forGood;
  }

  static NoRoomException forNow() {
    return new NoRoomException("The memory for requests is in use; try again.", false);
  }

  static NoRoomException tooLarge(long bytes, long limitBytes) {
    return new NoRoomException(
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

  /// Whether trying again is of no use.
  public boolean forGood() {
    return forGood;
  }
}
