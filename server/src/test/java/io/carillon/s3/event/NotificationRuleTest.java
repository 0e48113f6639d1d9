package io.carillon.s3.event;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.s3.event.NotificationRule.DestinationType;
import io.carillon.s3.event.NotificationRule.Filter;
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

  /// All keys that can match two filters of up to three letters each.
  private static final List<String> KEYS = keys(6);

  @Property(tries = 500)
  void rulesOverlapExactlyIfSomeKeyMatchesBoth(
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
  void rulesForDifferentEventsDoNotOverlap(String one, String other, boolean clash) {
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
  void overlapsAreThoseOfTheUserGuide(
      String prefixA, String suffixA, String prefixB, String suffixB, String key) {
    assertThat(
            rule("s3:ObjectCreated:*", prefixA, suffixA)
                .keyMatchedAlsoBy(rule("s3:ObjectCreated:*", prefixB, suffixB)))
        .isEqualTo(Optional.ofNullable(key));
  }

  /// S3 compares filters with the URL-encoded key, so unencoded special characters in a filter
  /// match nothing.
  ///
  /// Source:
  /// https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html and,
  /// for the characters, object-keys.html there
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      ignoreLeadingAndTrailingWhitespace = false,
      value = {
        "=|%3D",
        ":|%3A",
        "@|%40",
        "$|%24",
        ",|%2C",
        ";|%3B",
        "?|%3F",
        "&|%26",
        " |+",
        "%|%25",
        "~|%7E",
        "[|%5B",
        "ü|%C3%BC",
        "€|%E2%82%AC",
        "😀|%F0%9F%98%80"
      })
  void specialCharactersMatchOnlyUrlEncoded(String character, String encoded) {
    String key = "a" + character + "b/c" + character + "d";

    NotificationRule literal = rule("s3:ObjectCreated:*", "a" + character + "b", "");
    assertThat(literal.matches(EventType.CREATED_PUT, key)).isFalse();
    assertThat(literal.mismatch(key)).hasValueSatisfying(why -> assertThat(why).contains(encoded));
    assertThat(literal.warnings()).singleElement().asString().contains("a" + encoded + "b");
    assertThat(rule("s3:ObjectCreated:*", "", character + "d").matches(EventType.CREATED_PUT, key))
        .isFalse();

    NotificationRule written = rule("s3:ObjectCreated:*", "a" + encoded + "b", "c" + encoded + "d");
    assertThat(written.matches(EventType.CREATED_PUT, key)).isTrue();
    assertThat(written.mismatch(key)).isEmpty();
    assertThat(written.warnings()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"/, %2F", "-, %2D", "_, %5F", "., %2E", "*, %2A", "!, %21", "(, %28", "), %29"})
  void safeCharactersMatchInEitherForm(String character, String encoded) {
    String key = "a" + character + "b";
    assertThat(rule("s3:ObjectCreated:*", key, "").matches(EventType.CREATED_PUT, key)).isTrue();
    assertThat(rule("s3:ObjectCreated:*", "a" + encoded, "").matches(EventType.CREATED_PUT, key))
        .isTrue();
  }

  @Test
  void plusIsASpace() {
    NotificationRule rule = rule("s3:ObjectCreated:*", "a+b", "");
    assertThat(rule.matches(EventType.CREATED_PUT, "a b.txt")).isTrue();
    assertThat(rule.matches(EventType.CREATED_PUT, "a+b.txt")).isFalse();
    assertThat(rule.mismatch("a+b.txt"))
        .hasValue("begin with \"a b\" (a + in a filter stands for a space: write %2B for a plus)");
    assertThat(rule("s3:ObjectCreated:*", "a%2Bb", "").matches(EventType.CREATED_PUT, "a+b.txt"))
        .isTrue();
  }

  @Test
  void filtersTooLongForAnyKeyDoNotOverlap() {
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
        DestinationType.FUNCTION,
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
