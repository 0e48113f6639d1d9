package io.carillon.sns.http;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Optional;
import org.apache.hc.client5.http.DnsResolver;

/// Resolves a name once and passes only checked addresses to the connection, which does not resolve
/// again. So a name server cannot give the rule one address and the socket another (DNS rebinding).
final class CheckedResolver implements DnsResolver {
  private final EndpointRule rule;
  private final Names names;

  /// Looks names up; replaceable in tests.
  @FunctionalInterface
  interface Names {
    InetAddress[] lookUp(String host) throws UnknownHostException;
  }

  /// An address of the host is refused. Then all of them are, since the owner of the name chose
  /// that address.
  static final class RefusedException extends UnknownHostException {
    private static final long serialVersionUID = 1L;

    RefusedException(String why) {
      super(why);
    }
  }

  CheckedResolver(EndpointRule rule, Names names) {
    this.rule = rule;
    this.names = names;
  }

  @Override
  public InetAddress[] resolve(String host) throws UnknownHostException {
    InetAddress[] addresses = names.lookUp(host);
    for (InetAddress address : addresses) {
      Optional<String> refusal = rule.refusal(address);
      if (refusal.isPresent()) {
        throw new RefusedException(
            host + " is at " + address.getHostAddress() + ": " + refusal.get());
      }
    }
    return addresses;
  }

  @Override
  public String resolveCanonicalHostname(String host) {
    return host;
  }
}
