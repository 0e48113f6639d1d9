package io.carillon.store;

import java.io.IOException;
import java.nio.file.Path;

/// A blob's bytes on disk are not what was written. No byte of a damaged block was returned.
public final class DamagedBlobException extends IOException {
  private static final long serialVersionUID = 1;

  DamagedBlobException(Path file, String why) {
    super("Damaged blob " + file.getFileName() + ": " + why);
  }
}
