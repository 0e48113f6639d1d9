package io.carillon.server;

import io.carillon.http.Handler;
import io.carillon.http.HttpEngine;
import io.carillon.http.Limits;
import io.carillon.keys.Keys;
import io.carillon.keys.TlsIdentity;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import software.amazon.awssdk.regions.Region;

/// The endpoint over TLS, with a certificate of this installation's own authority: for clients that
/// require TLS, such as validators of SNS messages, which fetch the signing certificate over HTTPS
/// only.
final class TlsListener {
  private static final String REGION = "{region}";
  private static final char[] NO_PASSWORD = new char[0];

  private TlsListener() {}

  static HttpEngine open(Config config, int port, Keys keys, Limits limits, Handler handler)
      throws IOException {
    return HttpEngine.start(
        new InetSocketAddress(config.host(), port),
        limits,
        context(keys.tlsIdentity(hosts(config))),
        handler);
  }

  /// Every host name that clients may use.
  static List<String> hosts(Config config) {
    List<String> hosts = new ArrayList<>();
    for (String base : config.baseHosts()) {
      hosts.add(base);
      hosts.add("*." + base);
    }
    config.publicUrl().map(URI::getHost).ifPresent(hosts::add);
    config
        .snsCertificateHost()
        .map(TlsListener::withoutPort)
        .ifPresent(
            host -> {
              if (host.contains(REGION)) {
                Region.regions().stream()
                    .filter(region -> !region.isGlobalRegion())
                    .forEach(region -> hosts.add(host.replace(REGION, region.id())));
              } else {
                hosts.add(host);
              }
            });
    return hosts;
  }

  private static String withoutPort(String host) {
    int colon = host.indexOf(':');
    return colon < 0 ? host : host.substring(0, colon);
  }

  private static SSLContext context(TlsIdentity identity) {
    try {
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(null, null);
      store.setKeyEntry(
          "server", identity.key(), NO_PASSWORD, identity.chain().toArray(X509Certificate[]::new));
      KeyManagerFactory managers =
          KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      managers.init(store, NO_PASSWORD);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(managers.getKeyManagers(), null, null);
      return context;
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalStateException("Every JDK has TLS", e);
    }
  }
}
