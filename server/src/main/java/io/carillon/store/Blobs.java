package io.carillon.store;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;

/// Bodies too large for a row: immutable, checksummed, reference-counted.
///
/// A blob is written first and named by a row afterwards; one that no row came to name is swept.
public interface Blobs {

  /// Names a blob and says how long it is.
  record BlobRef(String id, long sizeBytes) {}

  /// A blob in the making. Closing without [#commit] discards it.
  interface Upload extends Closeable {
    void write(byte[] bytes, int offset, int length) throws IOException;

    /// Syncs, renames and syncs the folder: afterwards the blob survives power loss.
    BlobRef commit() throws IOException;
  }

  Upload begin() throws IOException;

  /// Reads `lengthBytes` from `offset`. Every block is checked before its bytes are handed out; a
  /// damaged one throws.
  InputStream open(BlobRef blob, long offset, long lengthBytes) throws IOException;

  /// Counts one more row that names this blob.
  void retain(Tx tx, BlobRef blob);

  /// Counts one row fewer; at none, the blob is removed some time after the commit.
  void release(Tx tx, BlobRef blob);
}
