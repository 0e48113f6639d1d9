package io.carillon;

import io.carillon.http.HttpEngine;
import org.slf4j.LoggerFactory;

/// What every start needs and no setting decides, made by a thread beside it. Who needs it before
/// it is ready waits for what is left.
final class StartupPreload {
  private StartupPreload() {}

  static void begin() {
    // Two threads that ask for their first loggers at once are told so by SLF4J, in three lines.
    LoggerFactory.getILoggerFactory();
    Thread.ofPlatform().daemon().name("preparation").start(StartupPreload::run);
  }

  private static void run() {
    try {
      HttpEngine.prepare();
    } catch (RuntimeException | LinkageError _) {
      // The start meets the same, and says so.
    }
  }
}
