package io.carillon.aws;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PageTokenTest {
  private static String read(String token) {
    return PageToken.lastKey(token, () -> CommonError.VALIDATION.because("no token"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"a", "größe", "a/b?c", "after:"})
  void aTokenReturnsItsKey(String key) {
    assertThat(read(PageToken.after(key))).isEqualTo(key);
    assertThat(PageToken.after(key)).matches("[A-Za-z0-9_-]+");
  }

  @Test
  void theFirstPageHasNoToken() {
    assertThat(PageToken.lastKey(null, () -> CommonError.VALIDATION.because("no token"))).isEmpty();
    assertThat(read("")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"name", "%%", "a b", "====", "ü"})
  void malformedTokensAreRejected(String word) {
    assertThatThrownBy(() -> read(word)).hasMessage("no token");
    byte[] bytes = word.getBytes(StandardCharsets.UTF_8);
    String encoded = Base64.getUrlEncoder().encodeToString(bytes);
    assertThatThrownBy(() -> read(encoded)).hasMessage("no token");
  }
}
