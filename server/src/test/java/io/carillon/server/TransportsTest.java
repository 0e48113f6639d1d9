package io.carillon.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.server.Settings.SettingException;
import java.net.InetAddress;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The addresses that the server connects to for subscribers.
class TransportsTest {
  @ParameterizedTest
  @CsvSource({
    "127.0.0.1, auto, 127.0.0.1 10.1.2.3 8.8.8.8",
    "0.0.0.0, auto, 10.1.2.3 8.8.8.8",
    "0.0.0.0, all, 127.0.0.1 10.1.2.3 8.8.8.8",
    "127.0.0.1, internet, 8.8.8.8"
  })
  void allowedEndpointsDependOnWhoCanReachTheServer(String host, String setting, String reachable) {
    Config config = config(Map.of("host", host, "sns-endpoints", setting));
    assertThat(List.of("127.0.0.1", "10.1.2.3", "8.8.8.8", "169.254.169.254"))
        .filteredOn(
            address ->
                Transports.endpoints(config).refusal(InetAddress.ofLiteral(address)).isEmpty())
        .containsExactly(reachable.split(" "));
  }

  @Test
  void unknownValuesAreRefused() {
    assertThatThrownBy(() -> config(Map.of("sns-endpoints", "some")))
        .isInstanceOf(SettingException.class)
        .hasMessageContaining("sns-endpoints");
  }

  private static Config config(Map<String, String> flags) {
    return Config.of(Settings.resolve(flags, Map.of(), Optional.empty()));
  }
}
