package io.carillon.store;

/// The disk is nearly full: the write was refused before it began. Reads go on, and so do writes
/// once there is room again.
public final class ReadOnlyException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final long reserveBytes;

  public ReadOnlyException(long reserveBytes) {
    super(
        "The store takes no writes: less than "
            + (reserveBytes >> 20)
            + " MiB are left on its disk. Make room and they go on by themselves.");
    this.reserveBytes = reserveBytes;
  }

  /// How many bytes have to be free.
  public long reserveBytes() {
    return reserveBytes;
  }
}
