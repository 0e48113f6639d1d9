package io.carillon;

import io.carillon.http.HttpEngine;
import io.carillon.store.RocksDatabase;

/// What every start needs and no setting decides, made by a thread beside it: native libraries and
/// what is costly to make first. A start that comes to one of these waits for what is left of it.
final class Preparation {
  private Preparation() {}

  static void begin() {
    Thread.ofPlatform().daemon().name("preparation").start(Preparation::run);
  }

  private static void run() {
    try {
      RocksDatabase.prepare();
      HttpEngine.prepare();
    } catch (RuntimeException | LinkageError _) {
      // The start meets the same, and says so.
    }
  }
}
