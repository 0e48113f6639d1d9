package io.carillon.store;

import org.rocksdb.RocksDBException;

/// Rows that cannot be read from the disk; none of their bytes were returned. The message names the
/// damaged file.
public final class UnreadableRowsException extends IllegalStateException {
  private static final long serialVersionUID = 1L;

  UnreadableRowsException(RocksDBException cause) {
    super(
        "Rows cannot be read: "
            + cause.getMessage()
            + ". `./carillon verify` looks at all files; restore the data folder from a backup.",
        cause);
  }
}
