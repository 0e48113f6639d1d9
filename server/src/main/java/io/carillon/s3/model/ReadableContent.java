package io.carillon.s3.model;

import io.carillon.store.Blobs;
import io.carillon.store.Blobs.BlobRef;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Stored content, readable from any offset.
public final class ReadableContent {

  /// A contiguous piece of content.
  sealed interface Extent {
    long sizeBytes();

    record Bytes(byte[] bytes) implements Extent {
      @Override
      public long sizeBytes() {
        return bytes.length;
      }
    }

    record Blob(BlobRef blob) implements Extent {
      @Override
      public long sizeBytes() {
        return blob.sizeBytes();
      }
    }
  }

  /// The part of an extent that is to be read.
  private record Slice(Extent extent, long offset, long lengthBytes) {}

  private final Blobs blobs;
  private final List<Extent> extents;

  ReadableContent(Blobs blobs, List<Extent> extents) {
    this.blobs = blobs;
    this.extents = extents;
  }

  /// The bytes if they are in memory.
  public byte @Nullable [] bytes() {
    return extents.isEmpty()
        ? new byte[0]
        : extents.size() == 1 && extents.getFirst() instanceof Extent.Bytes(byte[] bytes)
            ? bytes
            : null;
  }

  /// Opens a range; extents are opened lazily, one after another.
  public InputStream open(long offset, long lengthBytes) throws IOException {
    List<Slice> slices = new ArrayList<>();
    long at = 0;
    long end = offset + lengthBytes;
    for (Extent extent : extents) {
      long from = Math.max(offset, at);
      long to = Math.min(end, at + extent.sizeBytes());
      if (from < to) {
        slices.add(new Slice(extent, from - at, to - from));
      }
      at += extent.sizeBytes();
    }
    if (end > at) {
      throw new IndexOutOfBoundsException(end + " of " + at + " bytes");
    }
    return slices.size() == 1 ? open(slices.getFirst()) : new Sequential(slices.iterator());
  }

  private InputStream open(Slice slice) throws IOException {
    return switch (slice.extent()) {
      case Extent.Bytes(byte[] bytes) ->
          new ByteArrayInputStream(bytes, (int) slice.offset(), (int) slice.lengthBytes());
      case Extent.Blob(BlobRef blob) -> blobs.open(blob, slice.offset(), slice.lengthBytes());
    };
  }

  private final class Sequential extends InputStream {
    private final Iterator<Slice> rest;
    private InputStream current = InputStream.nullInputStream();

    Sequential(Iterator<Slice> rest) {
      this.rest = rest;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      int count = read(one, 0, 1);
      return count < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      if (length == 0) {
        return 0;
      }
      while (true) {
        int count = current.read(bytes, offset, length);
        if (count >= 0) {
          return count;
        }
        if (!rest.hasNext()) {
          return -1;
        }
        current.close();
        current = open(rest.next());
      }
    }

    @Override
    public void close() throws IOException {
      current.close();
    }
  }
}
