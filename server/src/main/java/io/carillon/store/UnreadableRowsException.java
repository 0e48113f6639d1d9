package io.carillon.store;

import org.rocksdb.RocksDBException;

/// Rows that cannot be read from the disk; nothing of them was handed out. The message says which
/// file is damaged.
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
