package io.carillon.store;

import java.util.function.Function;

/// How a key becomes a tuple and back.
public record KeyCodec<K>(Function<K, Tuple> toTuple, Function<Tuple, K> fromTuple) {
  public static final KeyCodec<String> STRING = new KeyCodec<>(Tuple::of, t -> t.string(0));
  public static final KeyCodec<Tuple> TUPLE = new KeyCodec<>(t -> t, t -> t);
}
