package io.carillon;

import io.carillon.http.HttpEngine;

/// What every start needs and no setting decides, made by a thread beside it. Who needs it before
/// it is ready waits for what is left.
final class Preparation {
  private Preparation() {}

  static void begin() {
    Thread.ofPlatform().daemon().name("preparation").start(Preparation::run);
  }

  private static void run() {
    try {
      HttpEngine.prepare();
    } catch (RuntimeException | LinkageError _) {
      // The start meets the same, and says so.
    }
  }
}
