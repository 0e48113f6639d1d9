package io.carillon.server;

import io.carillon.kernel.Kernel;
import io.carillon.kernel.Service;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/// Starts servers that keep their data in memory, on a free port and without a sandbox.
public final class InMemoryServer {
  private static final Map<String, String> FLAGS =
      Map.of("in-memory", "true", "port", "0", "sandbox", "off");

  private InMemoryServer() {}

  public static Server start() throws IOException {
    return start(Map.of());
  }

  /// @param more flags of `carillon start`
  public static Server start(Map<String, String> more) throws IOException {
    return Server.start(config(more));
  }

  /// @param others services beside the usual ones
  static Server start(Function<Kernel, List<Service>> others) throws IOException {
    return Server.start(config(Map.of()), UnaryOperator.identity(), others);
  }

  public static Config config(Map<String, String> more) {
    Map<String, String> flags = new HashMap<>(more);
    flags.putAll(FLAGS);
    return Config.of(Settings.resolve(flags, Map.of(), Optional.empty()));
  }
}
