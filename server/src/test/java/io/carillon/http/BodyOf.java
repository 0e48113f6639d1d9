package io.carillon.http;

import java.io.IOException;
import java.util.OptionalLong;

/// A body without trailers whose bytes come from a function.
public final class BodyOf extends Body {
  /// As [java.io.InputStream#read(byte[], int, int)].
  @FunctionalInterface
  public interface Read {
    int read(byte[] into, int offset, int length) throws IOException;
  }

  private final OptionalLong length;
  private final Read read;

  private BodyOf(OptionalLong length, Read read) {
    this.length = length;
    this.read = read;
  }

  public static Body length(long length, Read read) {
    return new BodyOf(OptionalLong.of(length), read);
  }

  public static Body unknownLength(Read read) {
    return new BodyOf(OptionalLong.empty(), read);
  }

  /// How a body is read that must not be.
  public static Read mustNotBeRead() {
    return (_, _, _) -> {
      throw new AssertionError("The body was asked for");
    };
  }

  @Override
  public OptionalLong length() {
    return length;
  }

  @Override
  public Headers trailers() {
    return new Headers();
  }

  @Override
  public int read(byte[] into, int offset, int size) throws IOException {
    return read.read(into, offset, size);
  }
}
