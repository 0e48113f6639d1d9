package io.carillon.s3.event;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.s3.event.NotificationRule.Filter;
import io.carillon.s3.event.NotificationRule.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NotificationRuleTest {

  /// Every key that a clash of filters of up to three letters could need.
  private static final List<String> KEYS = keys(6);

  @Property(tries = 500)
  void rulesClashExactlyIfSomeKeyMatchesBoth(
      @ForAll("affixes") String prefixA,
      @ForAll("affixes") String suffixA,
      @ForAll("affixes") String prefixB,
      @ForAll("affixes") String suffixB) {
    NotificationRule a = rule("s3:ObjectCreated:*", prefixA, suffixA);
    NotificationRule b = rule("s3:ObjectCreated:Put", prefixB, suffixB);

    Optional<String> named = a.keyMatchedAlsoBy(b);

    boolean bruteForce = KEYS.stream().anyMatch(key -> matchBoth(a, b, key));
    assertThat(named.isPresent()).isEqualTo(bruteForce);
    named.ifPresent(key -> assertThat(matchBoth(a, b, key)).as(key).isTrue());
  }

  @ParameterizedTest
  @CsvSource({
    "s3:ObjectCreated:*, s3:ObjectCreated:Copy, true",
    "s3:ObjectCreated:Put, s3:ObjectCreated:Put, true",
    "s3:ObjectCreated:Put, s3:ObjectCreated:Post, false",
    "s3:ObjectCreated:*, s3:ObjectRemoved:*, false",
    "s3:ObjectRemoved:Delete, s3:ObjectRemoved:DeleteMarkerCreated, false"
  })
  void rulesForDifferentEventsDoNotClash(String one, String other, boolean clash) {
    assertThat(rule(one, "", "").keyMatchedAlsoBy(rule(other, "", "")).isPresent())
        .isEqualTo(clash);
  }

  @ParameterizedTest
  @CsvSource({
    "images/, '', logs/, '', ",
    "images/, .jpg, images/, .png, ",
    "'', jpg, '', pg, jpg",
    "images/, .jpg, images/big/, '', images/big/.jpg",
    "images, '', images/, '', images/"
  })
  void theExamplesOfTheUserGuide(
      String prefixA, String suffixA, String prefixB, String suffixB, String key) {
    assertThat(
            rule("s3:ObjectCreated:*", prefixA, suffixA)
                .keyMatchedAlsoBy(rule("s3:ObjectCreated:*", prefixB, suffixB)))
        .isEqualTo(Optional.ofNullable(key));
  }

  @Test
  void filterValuesAreWrittenAsKeysAreInEvents() {
    NotificationRule rule = rule("s3:ObjectCreated:*", "a+b%2Fc", "%40x");

    assertThat(rule.matches(EventType.CREATED_PUT, "a b/c-@x")).isTrue();
    assertThat(rule.matches(EventType.CREATED_PUT, "a+b%2Fc-%40x")).isFalse();
    assertThat(rule("s3:ObjectCreated:*", "100%", "").matches(EventType.CREATED_PUT, "100% wool"))
        .isTrue();
  }

  @Test
  void filtersTooLongForAnyKeyDoNotClash() {
    String long1 = "a".repeat(600);
    String long2 = "b".repeat(600);

    assertThat(
            rule("s3:ObjectCreated:*", long1, "")
                .keyMatchedAlsoBy(rule("s3:ObjectCreated:*", "", long2)))
        .isEmpty();
    assertThat(
            rule("s3:ObjectCreated:*", long1, "")
                .keyMatchedAlsoBy(rule("s3:ObjectCreated:*", "", long1)))
        .hasValueSatisfying(key -> assertThat(key.length()).isLessThanOrEqualTo(1024));
  }

  @Provide
  Arbitrary<String> affixes() {
    return Arbitraries.strings().withChars("ab").ofMaxLength(3);
  }

  private static boolean matchBoth(NotificationRule a, NotificationRule b, String key) {
    return a.matches(EventType.CREATED_PUT, key) && b.matches(EventType.CREATED_PUT, key);
  }

  private static NotificationRule rule(String event, String prefix, String suffix) {
    return new NotificationRule(
        "id",
        Kind.FUNCTION,
        "arn:aws:lambda:eu-central-1:111111111111:function:f",
        List.of(event),
        Filter.of(prefix),
        Filter.of(suffix));
  }

  private static List<String> keys(int maxLength) {
    List<String> keys = new ArrayList<>(List.of(""));
    int from = 0;
    for (int length = 1; length <= maxLength; length++) {
      int to = keys.size();
      for (int i = from; i < to; i++) {
        keys.add(keys.get(i) + "a");
        keys.add(keys.get(i) + "b");
      }
      from = to;
    }
    return keys;
  }
}
