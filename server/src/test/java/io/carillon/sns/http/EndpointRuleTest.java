package io.carillon.sns.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.outbox.DeliveryOutcome;
import io.carillon.sns.HttpPostTransport;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A subscription must not reach services that are only for this machine.
class EndpointRuleTest {

  private static DeliveryOutcome post(HttpTransport transport, String endpoint) {
    return transport.post(
        new HttpPostTransport.Post(
            URI.create(endpoint), Map.of("Content-Type", "text/plain"), new byte[0]));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "169.254.169.254",
        "169.254.170.2",
        "0.0.0.0",
        "0.1.2.3",
        "224.0.0.1",
        "239.255.255.255",
        "255.255.255.255",
        "240.0.0.1",
        "100.100.100.200",
        "::",
        "fe80::1",
        "ff02::1",
        "fd00:ec2::254",
        "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "2002:a9fe:a9fe::1",
        "64:ff9b:1::a9fe:a9fe",
        "64:ff9b:1:ffff::1",
        "::169.254.169.254",
        "::ffff:0:a9fe:a9fe"
      })
  void addressesThatCannotBeEndpointsAreRefused(String address) {
    assertThat(EndpointRule.standard().refusal(InetAddress.ofLiteral(address))).isPresent();
    assertThat(EndpointRule.internetOnly().refusal(InetAddress.ofLiteral(address))).isPresent();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "127.0.0.1",
        "::1",
        "10.1.2.3",
        "192.168.0.1",
        "172.16.0.1",
        "fd12::1",
        "100.64.0.1",
        "::ffff:10.0.0.1",
        "::ffff:0:10.0.0.1",
        "64:ff9b::10.0.0.1",
        "192.0.0.1",
        "192.0.2.1",
        "192.88.99.1",
        "198.18.0.1",
        "198.19.255.255",
        "198.51.100.1",
        "203.0.113.1",
        "100::1",
        "100:0:0:1::1",
        "2001::1",
        "2001:2::1",
        "2001:1f::1",
        "2001:db8::1",
        "3fff:fff::1",
        "5f00::1",
        "fec0::1"
      })
  void privateAddressesAreAllowedUnlessOnlyTheInternetIs(String address) {
    assertThat(EndpointRule.standard().refusal(InetAddress.ofLiteral(address))).isEmpty();
    assertThat(EndpointRule.internetOnly().refusal(InetAddress.ofLiteral(address))).isPresent();
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1"})
  void loopbackCanBeExcluded(String address) {
    assertThat(EndpointRule.withoutLoopback().refusal(InetAddress.ofLiteral(address))).isPresent();
  }

  @ParameterizedTest
  @ValueSource(strings = {"10.1.2.3", "fd12::1", "8.8.8.8"})
  void privateNetworksAndTheInternetAreAllowedWithoutLoopback(String address) {
    assertThat(EndpointRule.withoutLoopback().refusal(InetAddress.ofLiteral(address))).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "8.8.8.8",
        "2001:4860:4860::8888",
        "100.128.0.1",
        "2002:808:808::1",
        "::ffff:8.8.8.8",
        "64:ff9b::808:808",
        "192.0.1.1",
        "198.20.0.1",
        "203.0.114.1",
        "2001:20::1",
        "4000::1"
      })
  void theInternetIsAllowed(String address) {
    assertThat(EndpointRule.internetOnly().refusal(InetAddress.ofLiteral(address))).isEmpty();
  }

  /// The JDK converts mapped literals to IPv4 addresses, but not all mapped addresses.
  @Test
  void mappedAddressesAreTreatedAsTheirIpv4Address() throws Exception {
    byte[] bytes = new byte[16];
    bytes[10] = bytes[11] = -1;
    bytes[12] = (byte) 169;
    bytes[13] = (byte) 254;
    InetAddress mapped = Inet6Address.getByAddress(null, bytes, 0);
    assertThat(mapped).isInstanceOf(Inet6Address.class);
    assertThat(EndpointRule.standard().refusal(mapped)).isPresent();
  }

  @Test
  void thisMachinesPublicAddressesAreNotTheInternet() throws Exception {
    for (NetworkInterface one : NetworkInterface.networkInterfaces().toList()) {
      for (InetAddress own : one.inetAddresses().toList()) {
        assertThat(EndpointRule.internetOnly().refusal(own)).as(own.toString()).isPresent();
      }
    }
    // These may all be private, which is refused for another reason.
    for (String outer : List.of("8.8.8.8", "2001:4860:4860::8888")) {
      InetAddress address = InetAddress.ofLiteral(outer);
      assertThat(EndpointRule.internetOnly(address::equals).refusal(address)).isPresent();
      assertThat(EndpointRule.internetOnly(_ -> false).refusal(address)).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://169.254.169.254/latest/meta-data/",
        "http://2852039166/",
        "http://[::ffff:169.254.169.254]/",
        "http://[fe80::1]/",
        "http://0/",
        "https://169.254.169.254/"
      })
  void noNotationOfARefusedAddressIsAccepted(String endpoint) {
    try (HttpTransport transport = new HttpTransport()) {
      assertThat(post(transport, endpoint)).isInstanceOf(DeliveryOutcome.Rejected.class);
    }
  }

  @Test
  void namesAreResolvedOnceAndTheCheckedAddressIsUsed() throws Exception {
    AtomicInteger lookUps = new AtomicInteger();
    try (HostilePeer peer =
            HostilePeer.respondingWith("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        HttpTransport transport =
            new HttpTransport(
                EndpointRule.standard(),
                null,
                host ->
                    new InetAddress[] {
                      InetAddress.ofLiteral(
                          lookUps.incrementAndGet() == 1 ? "127.0.0.1" : "169.254.169.254")
                    },
                InstantSource.system(),
                Duration.ofSeconds(5))) {
      String endpoint = "http://rebinding.example:" + peer.port() + "/";
      assertThat(post(transport, endpoint)).isInstanceOf(DeliveryOutcome.Done.class);
      assertThat(lookUps).hasValue(1);
      assertThat(peer.requests().getFirst()).contains("Host: rebinding.example:" + peer.port());
    }
  }

  @Test
  void oneRefusedAddressRefusesTheName() throws Exception {
    try (HttpTransport transport =
        new HttpTransport(
            EndpointRule.standard(),
            null,
            host ->
                new InetAddress[] {
                  InetAddress.ofLiteral("127.0.0.1"), InetAddress.ofLiteral("169.254.169.254")
                },
            InstantSource.system(),
            Duration.ofSeconds(5))) {
      assertThat(post(transport, "http://mixed.example/"))
          .isInstanceOfSatisfying(
              DeliveryOutcome.Rejected.class,
              rejected -> assertThat(rejected.why()).contains("169.254.169.254"));
    }
  }
}
