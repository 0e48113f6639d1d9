package io.carillon.base;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// A value that is computed on first use, once.
public final class Lazy<T> {
  private final Supplier<T> supplier;
  private volatile @Nullable T computed;

  public Lazy(Supplier<T> supplier) {
    this.supplier = supplier;
  }

  public T get() {
    T value = computed;
    return value == null ? compute() : value;
  }

  private synchronized T compute() {
    T value = computed;
    if (value == null) {
      value = supplier.get();
      computed = value;
    }
    return value;
  }
}
