package io.carillon.store;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.util.JsonRecyclerPools;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.dataformat.cbor.CBORFactory;
import com.fasterxml.jackson.dataformat.cbor.databind.CBORMapper;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import io.carillon.base.Lazy;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.Arrays;

/// Encodes rows: one format byte, then the record as CBOR. Members are named, so a record may gain
/// members (absent ones read as null, zero or false) and older programs ignore new ones.
public final class RowCodec<V> {
  static final byte CBOR = 1;

  static final ObjectMapper MAPPER =
      CBORMapper.builder(
              // Buffers for each virtual thread would be garbage after one row.
              CBORFactory.builder()
                  .recyclerPool(JsonRecyclerPools.newConcurrentDequePool())
                  .build())
          .addModule(new JavaTimeModule())
          .addModule(new Jdk8Module())
          .defaultPropertyInclusion(
              JsonInclude.Value.construct(
                  JsonInclude.Include.NON_NULL, JsonInclude.Include.NON_NULL))
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .enable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
          .build();

  // Created when first used, as a start uses few of some sixty row types.
  private final Lazy<ObjectReader> reader;
  private final Lazy<ObjectWriter> writer;

  private RowCodec(Class<V> row) {
    this.reader = new Lazy<>(() -> MAPPER.readerFor(row));
    this.writer = new Lazy<>(() -> MAPPER.writerFor(row));
  }

  public static <V> RowCodec<V> of(Class<V> row) {
    return new RowCodec<>(row);
  }

  public byte[] encode(V value) {
    Encoded encoded = new Encoded();
    try {
      writer.get().writeValue(encoded, value);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return encoded.exact();
  }

  public V decode(byte[] bytes) {
    if (bytes.length == 0 || bytes[0] != CBOR) {
      throw new IllegalStateException(
          "A row of an unknown format: byte " + (bytes.length == 0 ? -1 : bytes[0]));
    }
    try {
      return reader.get().readValue(bytes, 1, bytes.length - 1);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Collects the generator's output. All but large rows are flushed at once, so a row with inline
  /// content is copied once. Larger ones double the buffer, so that each byte is copied a few
  /// times.
  private static final class Encoded extends OutputStream {
    private byte[] bytes = {CBOR};
    private int length = 1;

    @Override
    public void write(int b) {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] from, int offset, int count) {
      int end = length + count;
      if (end > bytes.length) {
        bytes = Arrays.copyOf(bytes, length == 1 ? end : Math.max(end, 2 * length));
      }
      System.arraycopy(from, offset, bytes, length, count);
      length = end;
    }

    byte[] exact() {
      return length == bytes.length ? bytes : Arrays.copyOf(bytes, length);
    }
  }
}
