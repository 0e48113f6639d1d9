package io.carillon.sns.http;

import io.carillon.base.Lazy;
import java.io.IOException;
import java.net.Socket;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.apache.hc.client5.http.ssl.ClientTlsStrategyBuilder;
import org.apache.hc.client5.http.ssl.TlsSocketStrategy;
import org.apache.hc.core5.http.protocol.HttpContext;
import org.jspecify.annotations.Nullable;

/// TLS that is set up with the first connection which needs it: reading the certificates of the
/// JVM's hundred and more authorities is a good part of a fast start.
final class LateTls implements TlsSocketStrategy {
  private final Lazy<TlsSocketStrategy> strategy;

  /// @param trust null for the JVM's own
  LateTls(@Nullable SSLContext trust) {
    this.strategy = new Lazy<>(() -> make(trust));
  }

  @Override
  public SSLSocket upgrade(
      Socket socket, String target, int port, Object attachment, HttpContext context)
      throws IOException {
    return strategy.get().upgrade(socket, target, port, attachment, context);
  }

  private static TlsSocketStrategy make(@Nullable SSLContext trust) {
    ClientTlsStrategyBuilder builder = ClientTlsStrategyBuilder.create();
    if (trust != null) {
      builder.setSslContext(trust);
    }
    return builder.buildClassic();
  }
}
