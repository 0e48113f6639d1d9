package io.carillon.store;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;

/// A blob is written first and referenced by a row afterwards; one that no row references is swept.
public interface Blobs {

  /// A blob's id and length.
  record BlobRef(String id, long sizeBytes) {}

  /// A blob being written. Closing without [#commit] discards it.
  interface Upload extends Closeable {
    void write(byte[] bytes, int offset, int length) throws IOException;

    /// Syncs, renames and syncs the folder: afterwards the blob survives power loss.
    BlobRef commit() throws IOException;
  }

  Upload begin() throws IOException;

  /// Reads `lengthBytes` from `offset`. Every block is checked before its bytes are returned; a
  /// damaged one throws.
  InputStream open(BlobRef blob, long offset, long lengthBytes) throws IOException;

  /// Counts one more row that references this blob.
  void retain(Tx tx, BlobRef blob);

  /// Counts one row fewer; at none, the blob is removed some time after the commit.
  void release(Tx tx, BlobRef blob);
}
