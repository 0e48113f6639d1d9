package io.carillon.aws.checksum;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class ChecksumsTest {

  /// The "check" values of https://reveng.sourceforge.io/crc-catalogue/all.htm, and the digests
  /// that coreutils and xxHash's own library print for `123456789`.
  @ParameterizedTest
  @CsvSource({
    "CRC32,cbf43926",
    "CRC32C,e3069283",
    "CRC64NVME,ae8b14860a799888",
    "SHA1,f7c3bc1d808e04732adf679965ccc34ca7ae3441",
    "SHA256,15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225",
    "MD5,25f9e794323b453885f5181f1b624d0b",
    "XXHASH64,8cb841db40e6ae83",
    "XXHASH3,72dcb18b67a17dff",
    "XXHASH128,33119477ede5dcd5e9716427681d5860"
  })
  void checkValuesMatchThePublishedOnes(ChecksumAlgorithm algorithm, String hex) {
    Checksum checksum = algorithm.of("123456789".getBytes(StandardCharsets.US_ASCII));

    assertThat(HexFormat.of().formatHex(checksum.bytes())).isEqualTo(hex);
  }

  @ParameterizedTest
  @EnumSource(ChecksumAlgorithm.class)
  void everyAlgorithmIsFoundByNameAndByHeader(ChecksumAlgorithm algorithm) {
    assertThat(ChecksumAlgorithm.find(algorithm.name())).contains(algorithm);
    assertThat(ChecksumAlgorithm.ofHeader(algorithm.header().toUpperCase(java.util.Locale.ROOT)))
        .contains(algorithm);
    assertThat(algorithm.of(new byte[0]).bytes()).hasSize(algorithm.sizeBytes());
  }

  /// As xxHash's own library computes for 100,000 bytes: beyond 240 it uses another algorithm.
  @ParameterizedTest
  @CsvSource({
    "XXHASH64,051a072c7fa1f5de",
    "XXHASH3,68ebefe8fa7c5395",
    "XXHASH128,8caf37b280b5a9be68ebefe8fa7c5395"
  })
  void longInputsMatchThePublishedHashes(ChecksumAlgorithm algorithm, String hex) {
    byte[] bytes = new byte[100_000];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (i * 31);
    }

    assertThat(HexFormat.of().formatHex(algorithm.of(bytes).bytes())).isEqualTo(hex);
  }

  @Test
  void everyAlgorithmOfTheModelIsSupported() {
    for (var known : software.amazon.awssdk.services.s3.model.ChecksumAlgorithm.knownValues()) {
      assertThat(ChecksumAlgorithm.find(known.toString())).as("%s", known).isPresent();
    }
  }

  @Test
  void unknownAlgorithmsAreNotFound() {
    assertThat(ChecksumAlgorithm.find("XXHASH32")).isEmpty();
    assertThat(ChecksumAlgorithm.ofHeader("x-amz-checksum-xxhash32")).isEmpty();
    assertThat(ChecksumAlgorithm.ofHeader("x-amz-checksum-type")).isEmpty();
  }

  @Property(tries = 200)
  void theChecksumDoesNotDependOnHowBytesAreSplit(
      @ForAll ChecksumAlgorithm algorithm,
      @ForAll @Size(max = 300) byte[] bytes,
      @ForAll @IntRange(min = 1, max = 40) int step) {
    RunningChecksum running = algorithm.start();
    for (int at = 0; at < bytes.length; at += step) {
      running.update(bytes, at, Math.min(step, bytes.length - at));
    }

    assertThat(running.finish()).isEqualTo(algorithm.of(bytes));
  }

  @Property(tries = 300)
  void combinedPartChecksumsEqualTheChecksumOfTheObject(
      @ForAll @Size(min = 0, max = 6) List<@Size(max = 100) byte[]> parts) {
    int length = parts.stream().mapToInt(p -> p.length).sum();
    byte[] whole = new byte[length];
    int at = 0;
    for (byte[] part : parts) {
      System.arraycopy(part, 0, whole, at, part.length);
      at += part.length;
    }

    for (ChecksumAlgorithm algorithm :
        EnumSet.of(
            ChecksumAlgorithm.CRC32, ChecksumAlgorithm.CRC32C, ChecksumAlgorithm.CRC64NVME)) {
      List<Checksums.Part> known = new ArrayList<>();
      parts.forEach(p -> known.add(new Checksums.Part(algorithm.of(p), p.length)));
      assertThat(Checksums.fullObject(algorithm, known)).isEqualTo(algorithm.of(whole));
    }
  }

  @Test
  void partsOfManyMegabytesCombine() {
    byte[] whole = new byte[11 << 20];
    new Random(42).nextBytes(whole);
    int cut = (5 << 20) + 1;

    for (ChecksumAlgorithm algorithm : ChecksumAlgorithm.values()) {
      if (algorithm.combines()) {
        Checksums.Part first = new Checksums.Part(algorithm.of(Arrays.copyOf(whole, cut)), cut);
        Checksums.Part second =
            new Checksums.Part(
                algorithm.of(Arrays.copyOfRange(whole, cut, whole.length)), whole.length - cut);
        assertThat(Checksums.fullObject(algorithm, List.of(first, second)))
            .isEqualTo(algorithm.of(whole));
      }
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = ChecksumAlgorithm.class,
      names = {"SHA1", "SHA256", "SHA512", "MD5"})
  void digestsCannotBeCombined(ChecksumAlgorithm algorithm) {
    assertThat(algorithm.combines()).isFalse();
    assertThatThrownBy(() -> Checksums.fullObject(algorithm, List.of()))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aCompositeIsTheChecksumOfTheBinaryChecksums() {
    byte[] one = {1};
    byte[] two = {2};
    ChecksumAlgorithm algorithm = ChecksumAlgorithm.SHA256;
    byte[] both = new byte[64];
    System.arraycopy(algorithm.of(one).bytes(), 0, both, 0, 32);
    System.arraycopy(algorithm.of(two).bytes(), 0, both, 32, 32);

    assertThat(Checksums.composite(algorithm, List.of(algorithm.of(one), algorithm.of(two))))
        .isEqualTo(algorithm.of(both));
  }

  @Test
  void compositesOfCrc64OrMixedPartsAreRejected() {
    assertThatThrownBy(() -> Checksums.composite(ChecksumAlgorithm.CRC64NVME, List.of()))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(
            () ->
                Checksums.composite(
                    ChecksumAlgorithm.SHA1, List.of(ChecksumAlgorithm.MD5.of(new byte[0]))))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void malformedChecksumsAreNotParsed() {
    assertThat(Checksum.tryParse(ChecksumAlgorithm.CRC32, "y/Q5Jg==")).isPresent();
    assertThat(Checksum.tryParse(ChecksumAlgorithm.CRC32, "y/Q5Jg==\n")).isEmpty();
    assertThat(Checksum.tryParse(ChecksumAlgorithm.CRC32, "y/Q5JgA=")).isEmpty();
    assertThat(Checksum.tryParse(ChecksumAlgorithm.CRC32, "not base64!")).isEmpty();
    assertThat(Checksum.tryParse(ChecksumAlgorithm.CRC32, "")).isEmpty();
  }

  @Test
  void severalChecksumsAreComputedInOnePass() {
    byte[] bytes = "hello".getBytes(StandardCharsets.US_ASCII);
    Checksums both =
        Checksums.of(EnumSet.of(ChecksumAlgorithm.CRC64NVME, ChecksumAlgorithm.SHA256));
    both.update(bytes, 0, 2);
    both.update(bytes, 2, 3);

    Map<ChecksumAlgorithm, Checksum> values = both.finish();

    assertThat(values)
        .containsOnlyKeys(ChecksumAlgorithm.CRC64NVME, ChecksumAlgorithm.SHA256)
        .containsEntry(ChecksumAlgorithm.SHA256, ChecksumAlgorithm.SHA256.of(bytes))
        .containsEntry(ChecksumAlgorithm.CRC64NVME, ChecksumAlgorithm.CRC64NVME.of(bytes));
  }
}
