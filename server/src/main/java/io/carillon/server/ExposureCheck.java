package io.carillon.server;

import io.carillon.server.Settings.SettingException;

/// The conditions for listening beyond loopback.
final class ExposureCheck {
  private ExposureCheck() {}

  /// @throws SettingException naming what to change
  static void check(Config config) {
    if (!config.onLoopback() && config.hasDefaultCredentials()) {
      throw new SettingException(
          "Carillon does not listen on "
              + config.host().getHostAddress()
              + " with the root credentials test/test, which everybody knows. Set --access-key-id"
              + " and --secret-access-key, or listen on loopback.");
    }
  }
}
