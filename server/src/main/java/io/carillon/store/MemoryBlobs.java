package io.carillon.store;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.time.InstantSource;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/// Blobs on the heap, for tests and `--in-memory`.
public final class MemoryBlobs implements Blobs {
  private final Map<String, byte[]> blobs = new ConcurrentHashMap<>();
  private final BlobReferences references = new BlobReferences();
  private final Database database;
  private final InstantSource clock;

  public MemoryBlobs(Database database, InstantSource clock) {
    this.database = database;
    this.clock = clock;
  }

  @Override
  public Upload begin() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    return new Upload() {
      @Override
      public void write(byte[] from, int offset, int length) {
        bytes.write(from, offset, length);
      }

      @Override
      public BlobRef commit() {
        String id = UUID.randomUUID().toString();
        blobs.put(id, bytes.toByteArray());
        return new BlobRef(id, bytes.size());
      }

      @Override
      public void close() {}
    };
  }

  @Override
  public InputStream open(BlobRef blob, long offset, long lengthBytes) throws IOException {
    byte[] bytes = blobs.get(blob.id());
    if (bytes == null) {
      throw new FileNotFoundException("No blob " + blob.id());
    }
    if (offset < 0 || lengthBytes < 0 || offset > bytes.length - lengthBytes) {
      throw new IllegalArgumentException(
          "No range of " + bytes.length + " bytes: " + lengthBytes + " from " + offset);
    }
    return new ByteArrayInputStream(bytes, Math.toIntExact(offset), Math.toIntExact(lengthBytes));
  }

  @Override
  public void retain(Tx tx, BlobRef blob) {
    references.retain(tx, blob);
  }

  @Override
  public void release(Tx tx, BlobRef blob) {
    references.release(tx, blob, clock.instant());
  }

  /// Removes the blobs released until now; answers how many.
  public int removeReleased() throws IOException {
    return references.removeReleased(database, clock.instant(), blobs::remove);
  }

  /// How many blobs there are.
  public int size() {
    return blobs.size();
  }
}
