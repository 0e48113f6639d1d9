package io.carillon.server;

import io.carillon.http.HttpEngine;
import org.slf4j.LoggerFactory;

/// Prepares what every start needs, whatever the settings, on a thread beside the start. Code that
/// needs it earlier waits for the rest.
public final class StartupPreload {
  private StartupPreload() {}

  public static void begin() {
    // If two threads ask for their first loggers at once, SLF4J prints three lines about it.
    LoggerFactory.getILoggerFactory();
    Thread.ofPlatform().daemon().name("preload").start(StartupPreload::run);
  }

  private static void run() {
    try {
      HttpEngine.prepare();
    } catch (RuntimeException | LinkageError _) {
      // The start fails in the same way and reports it.
    }
  }
}
