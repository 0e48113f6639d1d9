package io.carillon.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

/// The laws of keys.
final class TupleTest {

  @Property
  void tuplesRoundTrip(@ForAll("tuples") Tuple tuple) {
    assertThat(Tuple.parse(tuple.toBytes())).isEqualTo(tuple);
  }

  @Property
  void bytesSortAsTheirElements(@ForAll("tuples") Tuple a, @ForAll("tuples") Tuple b) {
    assertThat(Integer.signum(Arrays.compareUnsigned(a.toBytes(), b.toBytes())))
        .isEqualTo(Integer.signum(compare(a.elements(), b.elements())));
  }

  @Property
  void aRangeWithinATupleContainsItsExtensionsOnly(
      @ForAll("tuples") Tuple head, @ForAll("tuples") Tuple tail, @ForAll("tuples") Tuple other) {
    Range range = Range.within(head);
    assertThat(contains(range, join(head, tail))).isTrue();
    assertThat(contains(range, other)).isEqualTo(startsWith(other, head));
  }

  @Property
  void aPrefixRangeContainsTheStringsWithThatPrefixOnly(
      @ForAll("tuples") Tuple parent,
      @ForAll("texts") String prefix,
      @ForAll("texts") String text) {
    boolean expected = text.startsWith(prefix);
    assertThat(contains(Range.withPrefix(parent, prefix), join(parent, Tuple.of(text))))
        .isEqualTo(expected);
  }

  @Property
  void aRangeAfterAKeyExcludesItAndItsExtensions(
      @ForAll("tuples") Tuple key, @ForAll("tuples") Tuple other) {
    boolean expected =
        Arrays.compareUnsigned(other.toBytes(), key.toBytes()) > 0 && !startsWith(other, key);
    assertThat(contains(Range.all().after(key), other)).isEqualTo(expected);
  }

  @Test
  void malformedTuplesAreRefused() {
    assertThatThrownBy(() -> Tuple.parse(new byte[] {9}))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Tuple.of(1.5)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void instantsAreStoredInMilliseconds() {
    Instant instant = Instant.parse("2026-01-01T00:00:00.123456Z");
    assertThat(Tuple.of(instant).instant(0)).isEqualTo(Instant.parse("2026-01-01T00:00:00.123Z"));
  }

  @Provide
  Arbitrary<Tuple> tuples() {
    Arbitrary<Object> element =
        Arbitraries.oneOf(
            texts().map(text -> (Object) text),
            Arbitraries.longs().map(number -> (Object) number),
            Arbitraries.longs().between(-2, 2).map(number -> (Object) number));
    return element.list().ofMaxSize(3).map(Tuple::new);
  }

  @Provide
  Arbitrary<String> texts() {
    return Arbitraries.strings()
        .withChars('a', 'b', '/', '\0', '\u0001', '\u00FF', 'é', '\uFFFD')
        .ofMaxLength(4)
        .injectDuplicates(0.1)
        .map(text -> text.endsWith("b") ? text + "😀" : text);
  }

  private static boolean contains(Range range, Tuple key) {
    byte[] bytes = key.toBytes();
    return Arrays.compareUnsigned(bytes, range.from()) >= 0
        && Arrays.compareUnsigned(bytes, range.to()) < 0;
  }

  private static boolean startsWith(Tuple whole, Tuple head) {
    return whole.size() >= head.size()
        && whole.elements().subList(0, head.size()).equals(head.elements());
  }

  private static Tuple join(Tuple head, Tuple tail) {
    List<Object> all = new ArrayList<>(head.elements());
    all.addAll(tail.elements());
    return new Tuple(all);
  }

  /// Strings before numbers, strings by their UTF-8 bytes, a tuple before its extensions.
  private static int compare(List<Object> a, List<Object> b) {
    for (int i = 0; i < Math.min(a.size(), b.size()); i++) {
      int order = compareElements(a.get(i), b.get(i));
      if (order != 0) {
        return order;
      }
    }
    return Integer.compare(a.size(), b.size());
  }

  private static int compareElements(Object a, Object b) {
    if (a instanceof String left && b instanceof String right) {
      return Arrays.compareUnsigned(
          left.getBytes(StandardCharsets.UTF_8), right.getBytes(StandardCharsets.UTF_8));
    }
    if (a instanceof Long left && b instanceof Long right) {
      return left.compareTo(right);
    }
    return a instanceof String ? -1 : 1;
  }
}
