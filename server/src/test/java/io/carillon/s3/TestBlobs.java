package io.carillon.s3;

import io.carillon.store.Blobs;
import io.carillon.store.Tx;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.util.HashMap;
import java.util.Map;

/// Blobs that count references.
final class TestBlobs implements Blobs {
  final Map<String, byte[]> blobs = new HashMap<>();
  final Map<String, Integer> references = new HashMap<>();
  int discarded;

  @Override
  public Upload begin() {
    return new Upload() {
      private final ByteArrayOutputStream out = new ByteArrayOutputStream();
      private boolean committed;

      @Override
      public void write(byte[] bytes, int offset, int length) {
        out.write(bytes, offset, length);
      }

      @Override
      public BlobRef commit() {
        committed = true;
        String id = "blob-" + blobs.size();
        blobs.put(id, out.toByteArray());
        return new BlobRef(id, out.size());
      }

      @Override
      public void close() {
        if (!committed) {
          discarded++;
        }
      }
    };
  }

  @Override
  public InputStream open(BlobRef blob, long offset, long lengthBytes) {
    byte[] bytes = blobs.get(blob.id());
    return new ByteArrayInputStream(bytes, (int) offset, (int) lengthBytes);
  }

  @Override
  public void retain(Tx tx, BlobRef blob) {
    tx.afterCommit(() -> references.merge(blob.id(), 1, Integer::sum));
  }

  @Override
  public void release(Tx tx, BlobRef blob) {
    tx.afterCommit(() -> references.merge(blob.id(), -1, Integer::sum));
  }
}
