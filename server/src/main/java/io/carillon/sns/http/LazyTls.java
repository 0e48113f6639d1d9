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

/// Sets TLS up with the first HTTPS connection: reading the JVM's certificate authorities would
/// take a good part of the start-up time.
final class LazyTls implements TlsSocketStrategy {
  private final Lazy<TlsSocketStrategy> strategy;

  /// @param sslContext null for the JVM's certificate authorities
  LazyTls(@Nullable SSLContext sslContext) {
    this.strategy = new Lazy<>(() -> create(sslContext));
  }

  @Override
  public SSLSocket upgrade(
      Socket socket, String target, int port, Object attachment, HttpContext context)
      throws IOException {
    return strategy.get().upgrade(socket, target, port, attachment, context);
  }

  private static TlsSocketStrategy create(@Nullable SSLContext sslContext) {
    ClientTlsStrategyBuilder builder = ClientTlsStrategyBuilder.create();
    if (sslContext != null) {
      builder.setSslContext(sslContext);
    }
    return builder.buildClassic();
  }
}
