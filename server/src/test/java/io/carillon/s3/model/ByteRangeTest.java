package io.carillon.s3.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.aws.AwsException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ByteRangeTest {

  @ParameterizedTest
  @CsvSource({
    "bytes=0-0, 0, 1",
    "bytes=0-9, 0, 10",
    "bytes=2-5, 2, 4",
    "bytes=9-9, 9, 1",
    "bytes=5-, 5, 5",
    "bytes=0-99, 0, 10",
    "bytes=0-999999999999999999999999, 0, 10",
    "bytes=-3, 7, 3",
    "bytes=-100, 0, 10",
    "bytes= 2 - 5, 2, 4"
  })
  void rangesOfTenBytes(String header, long offset, long length) {
    assertThat(ByteRange.parse(header, 10)).contains(new ByteRange(offset, length));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"bytes=-", "bytes=5-2", "bytes=0-1,3-4", "lines=0-1", "bytes=a-b", "0-1", ""})
  void unsupportedRangesAreIgnored(String header) {
    assertThat(ByteRange.parse(header, 10)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"bytes=10-", "bytes=10-20", "bytes=99999999999999999999-", "bytes=-0"})
  void unsatisfiableRangesAreRefused(String header) {
    assertThatThrownBy(() -> ByteRange.parse(header, 10))
        .isInstanceOfSatisfying(
            AwsException.class,
            e -> {
              assertThat(e.error()).isEqualTo(S3Error.INVALID_RANGE);
              assertThat(e.members()).containsEntry("ActualObjectSize", "10");
              assertThat(e.headers()).containsEntry("Content-Range", "bytes */10");
            });
  }

  @Test
  void everyRangeOfAnEmptyObjectIsRefused() {
    assertThatThrownBy(() -> ByteRange.parse("bytes=0-0", 0)).isInstanceOf(AwsException.class);
    assertThatThrownBy(() -> ByteRange.parse("bytes=-1", 0)).isInstanceOf(AwsException.class);
  }
}
