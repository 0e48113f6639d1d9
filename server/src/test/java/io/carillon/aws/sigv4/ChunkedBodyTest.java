package io.carillon.aws.sigv4;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.carillon.aws.AwsException;
import io.carillon.http.Body;
import io.carillon.http.Headers;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ChunkedBodyTest {
  private static final String TIMESTAMP = "20130524T000000Z";
  private static final Scope SCOPE = new Scope("20130524", "us-east-1", "s3");
  private static final String SEED =
      "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9";
  private static final String CRC = "x-amz-checksum-crc32";

  private static ChunkSignatures signatures() {
    return new ChunkSignatures(SigningKey.derive(Example.SECRET, SCOPE), TIMESTAMP, SCOPE, SEED);
  }

  private static byte[] content(int size) {
    byte[] bytes = new byte[size];
    new Random(size).nextBytes(bytes);
    return bytes;
  }

  /// Frames content as clients do.
  private static byte[] framed(
      byte[] content, int chunkSize, @Nullable ChunkSignatures signatures, String trailers) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (int at = 0; at < content.length; at += chunkSize) {
      byte[] chunk = Arrays.copyOfRange(content, at, Math.min(at + chunkSize, content.length));
      out.writeBytes(Example.bytes(head(chunk, signatures)));
      out.writeBytes(chunk);
      out.writeBytes(Example.bytes("\r\n"));
    }
    out.writeBytes(Example.bytes(head(new byte[0], signatures)));
    out.writeBytes(Example.bytes(trailers));
    if (signatures != null && !trailers.isEmpty()) {
      String canonical = trailers.replace("\r\n", "\n");
      out.writeBytes(
          Example.bytes(
              "x-amz-trailer-signature:"
                  + signatures.trailer(SigningKey.sha256(Example.bytes(canonical)))
                  + "\r\n"));
    }
    out.writeBytes(Example.bytes("\r\n"));
    return out.toByteArray();
  }

  private static String head(byte[] chunk, @Nullable ChunkSignatures signatures) {
    String size = Integer.toHexString(chunk.length);
    return signatures == null
        ? size + "\r\n"
        : size + ";chunk-signature=" + signatures.chunk(SigningKey.sha256(chunk)) + "\r\n";
  }

  private static ChunkedBody unsigned(byte[] framed, long length, String... declared) {
    return new ChunkedBody(Body.of(framed), length, null, Set.of(declared));
  }

  private static ChunkedBody unsigned(String framed, long length, String... declared) {
    return unsigned(Example.bytes(framed), length, declared);
  }

  private static byte[] readBy(Body body, int readSize) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    byte[] buffer = new byte[readSize + 2];
    for (int count = body.read(buffer, 1, readSize);
        count >= 0;
        count = body.read(buffer, 1, readSize)) {
      assertThat(count).isBetween(1, readSize);
      out.write(buffer, 1, count);
    }
    return out.toByteArray();
  }

  private static String errorOf(Body body) {
    return catchThrowableOfType(AwsException.class, () -> readBy(body, 4096)).error().code();
  }

  @ParameterizedTest
  @CsvSource({
    "1,0",
    "2,0",
    "3,0",
    "4096,0",
    "1,1",
    "2,1",
    "3,1",
    "4096,1",
    "1,8192",
    "2,8192",
    "3,8192",
    "4096,8192",
    "1,20000",
    "2,20000",
    "3,20000",
    "4096,20000",
    "100000,20000"
  })
  void contentIsCompleteAtAnyReadSize(int readSize, int size) throws IOException {
    byte[] content = content(size);
    String trailers = CRC + ":AAAAAA==\r\n";

    Body unsigned = unsigned(framed(content, 8192, null, trailers), size, CRC);
    Body signed =
        new ChunkedBody(
            Body.of(framed(content, 8192, signatures(), "")), size, signatures(), Set.of());
    Body trailed =
        new ChunkedBody(
            Body.of(framed(content, 8192, signatures(), trailers)),
            size,
            signatures(),
            Set.of(CRC));

    assertThat(readBy(unsigned, readSize)).isEqualTo(content);
    assertThat(unsigned.trailers().first(CRC)).isEqualTo("AAAAAA==");
    assertThat(readBy(signed, readSize)).isEqualTo(content);
    assertThat(readBy(trailed, readSize)).isEqualTo(content);
    assertThat(trailed.trailers().first(CRC)).isEqualTo("AAAAAA==");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4096})
  void contentIsCompleteForAnyPieceSizeOfTheWire(int piece) throws IOException {
    byte[] content = content(20_000);
    byte[] framed = framed(content, 8192, signatures(), CRC + ":AAAAAA==\r\n");

    Body body = new ChunkedBody(trickle(framed, piece), 20_000, signatures(), Set.of(CRC));

    assertThat(body.readAllBytes()).isEqualTo(content);
  }

  @Property(tries = 100)
  void chunksMayHaveAnySizeFrom8192Up(
      @ForAll @IntRange(max = 60_000) int size,
      @ForAll @IntRange(min = 8192, max = 30_000) int chunkSize,
      @ForAll @IntRange(min = 1, max = 9000) int readSize)
      throws IOException {
    byte[] content = content(size);

    Body body =
        new ChunkedBody(
            Body.of(framed(content, chunkSize, signatures(), "")), size, signatures(), Set.of());

    assertThat(readBy(body, readSize)).isEqualTo(content);
  }

  @Test
  void trailersAreAvailableWithTheLastByte() throws IOException {
    Body body = unsigned("5\r\nhello\r\n0\r\n" + CRC + ":AAAAAA==\r\n\r\n", 5, CRC);

    assertThat(body.readNBytes(5)).isEqualTo(Example.bytes("hello"));
    assertThat(body.trailers().first(CRC)).isEqualTo("AAAAAA==");
    assertThat(body.read()).isEqualTo(-1);
    assertThat(body.read()).isEqualTo(-1);
  }

  @Test
  void readingNothingReadsNothing() throws IOException {
    Body body = unsigned("5\r\nhello\r\n0\r\n\r\n", 5);

    assertThat(body.read(new byte[0], 0, 0)).isZero();
    assertThat(body.readAllBytes()).hasSize(5);
  }

  @Test
  void theFinalEmptyLineIsOptional() throws IOException {
    assertThat(unsigned("5\r\nhello\r\n0\r\n", 5).readAllBytes()).hasSize(5);
    assertThat(unsigned("5\r\nhello\r\n0\r\n" + CRC + ":AAAAAA==\r\n", 5, CRC).readAllBytes())
        .hasSize(5);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "5",
        "5\r\n",
        "5\r\nhel",
        "5\r\nhello",
        "5\r\nhello\r",
        "5\r\nhello\r\n",
        "5\r\nhello\r\n0",
        "5\r\nhelloX\n0\r\n\r\n",
        "5\r\nhello\rX0\r\n\r\n",
        "\r\nhello\r\n0\r\n\r\n",
        "-5\r\nhello\r\n0\r\n\r\n",
        "+5\r\nhello\r\n0\r\n\r\n",
        "0x5\r\nhello\r\n0\r\n\r\n",
        "zz\r\nhello\r\n0\r\n\r\n",
        "fffffffffffffffff\r\nhello\r\n0\r\n\r\n",
        "7fffffffffffffff\r\nhello\r\n0\r\n\r\n",
        "4\r\nhell\r\n0\r\n\r\n",
        "6\r\nhello!\r\n0\r\n\r\n",
        "5\r\nhello\r\n0\r\n\r\nmore",
        "0\r\n\r\n",
      })
  void truncatedOrMalformedFramingIsAnIncompleteBody(String framed) {
    assertThat(errorOf(unsigned(framed, 5))).isEqualTo("IncompleteBody");
  }

  @Test
  void anEndlessChunkHeaderIsRejectedEarly() {
    Body endless = trickle(Example.bytes("5;" + "x".repeat(100_000)), 100);

    assertThat(errorOf(new ChunkedBody(endless, 5, null, Set.of()))).isEqualTo("IncompleteBody");
  }

  @Test
  void onlyTheLastChunkMayBeShort() {
    AwsException refused =
        catchThrowableOfType(
            AwsException.class,
            () -> unsigned(framed(content(8192), 8191, null, ""), 8192).readAllBytes());

    assertThat(refused.error().code()).isEqualTo("InvalidChunkSizeError");
    assertThat(refused.error().status()).isEqualTo(400);
    assertThat(refused.members()).containsEntry("Chunk", "2").containsEntry("BadChunkSize", "8191");
  }

  @Test
  void differingLengthsAreReported() {
    AwsException refused =
        catchThrowableOfType(
            AwsException.class, () -> unsigned("4\r\nhell\r\n0\r\n\r\n", 5).readAllBytes());

    assertThat(refused.members())
        .containsEntry("NumberBytesExpected", "5")
        .containsEntry("NumberBytesProvided", "4");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "", // declared and absent
        "x-amz-checksum-sha256:AAAA\r\n", // present and not declared
        "x-amz-checksum-crc32:AAAAAA==\r\nx-amz-checksum-crc32:AAAAAA==\r\n",
        "x-amz-checksum-crc32:AAAAAA==\r\nother:1\r\n",
        "no colon\r\n",
        ":no name\r\n"
      })
  void trailersMustMatchTheDeclaredOnes(String trailers) {
    assertThat(errorOf(unsigned("5\r\nhello\r\n0\r\n" + trailers + "\r\n", 5, CRC)))
        .isEqualTo("MalformedTrailerError");
  }

  @Test
  void undeclaredTrailersAreRejected() {
    assertThat(errorOf(unsigned("5\r\nhello\r\n0\r\n" + CRC + ":AAAAAA==\r\n\r\n", 5)))
        .isEqualTo("MalformedTrailerError");
  }

  @Test
  void trailerNamesAreCaseInsensitive() throws IOException {
    Body body = unsigned("5\r\nhello\r\n0\r\nX-Amz-Checksum-CRC32: AAAAAA==\r\n\r\n", 5, CRC);

    body.readAllBytes();

    assertThat(body.trailers().first(CRC)).isEqualTo("AAAAAA==");
  }

  @Test
  void changingAnyByteOfASignedBodyIsDetected() {
    byte[] content = content(8200);
    byte[] framed = framed(content, 8192, signatures(), CRC + ":AAAAAA==\r\n");
    List<Integer> notNoticed = new java.util.ArrayList<>();

    for (int at = 0; at < framed.length; at += at > 120 && at < 8000 ? 97 : 1) {
      byte[] tampered = framed.clone();
      tampered[at] ^= 1;
      Body body = new ChunkedBody(Body.of(tampered), 8200, signatures(), Set.of(CRC));
      try {
        readBy(body, 4096);
        notNoticed.add(at);
      } catch (AwsException e) {
        assertThat(e.error().status()).isIn(400, 403);
      } catch (IOException e) {
        throw new java.io.UncheckedIOException(e);
      }
    }

    // The remaining bytes are not content: carriage returns before line feeds, and the case of
    // letters.
    assertThat(notNoticed)
        .allSatisfy(at -> assertThat(framed[at]).isIn((byte) '\r', (byte) '\n', (byte) ' '));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4096})
  void theLastByteOfAMismatchedChunkIsNeverReturned(int readSize) {
    byte[] content = content(8192);
    byte[] framed = framed(content, 8192, signatures(), "");
    framed[framed.length - 200] ^= 1; // somewhere in the chunk
    ByteArrayOutputStream got = new ByteArrayOutputStream();
    Body body = new ChunkedBody(Body.of(framed), 8192, signatures(), Set.of());

    AwsException refused =
        catchThrowableOfType(
            AwsException.class,
            () -> {
              byte[] buffer = new byte[readSize];
              for (int n = body.read(buffer, 0, readSize);
                  n >= 0;
                  n = body.read(buffer, 0, readSize)) {
                got.write(buffer, 0, n);
              }
            });

    assertThat(refused.error().code()).isEqualTo("SignatureDoesNotMatch");
    assertThat(got.size()).isLessThan(8192);
    assertThatThrownBy(() -> body.read(new byte[1], 0, 1)).isInstanceOf(IOException.class);
  }

  @Test
  void theLastByteIsReturnedOnlyAfterTheTrailerIsVerified() {
    byte[] framed = framed(content(10), 8192, signatures(), CRC + ":AAAAAA==\r\n");
    framed[framed.length - 10] ^= 1; // in the trailer's signature
    Body body = new ChunkedBody(Body.of(framed), 10, signatures(), Set.of(CRC));

    AwsException refused = catchThrowableOfType(AwsException.class, () -> body.readNBytes(10));

    assertThat(refused.error().code()).isEqualTo("SignatureDoesNotMatch");
  }

  @Test
  void chunksCannotBeSwappedOrDropped() {
    byte[] content = content(3 * 8192);
    byte[] framed = framed(content, 8192, signatures(), "");
    int chunk = ("2000;chunk-signature=" + SEED + "\r\n").length() + 8192 + 2;
    byte[] swapped = framed.clone();
    System.arraycopy(framed, chunk, swapped, 0, chunk);
    System.arraycopy(framed, 0, swapped, chunk, chunk);
    byte[] dropped = Arrays.copyOfRange(framed, chunk, framed.length);

    assertThat(errorOf(new ChunkedBody(Body.of(swapped), 3 * 8192, signatures(), Set.of())))
        .isEqualTo("SignatureDoesNotMatch");
    assertThat(errorOf(new ChunkedBody(Body.of(dropped), 2 * 8192, signatures(), Set.of())))
        .isEqualTo("SignatureDoesNotMatch");
  }

  @Test
  void aSignedBodyNeedsASignatureOnEveryChunk() {
    Body body =
        new ChunkedBody(
            Body.of(Example.bytes("5\r\nhello\r\n0\r\n\r\n")), 5, signatures(), Set.of());

    assertThat(errorOf(body)).isEqualTo("IncompleteBody");
  }

  @Test
  void aTrailerNeedsItsSignature() {
    String framed =
        new String(
            framed(content(5), 8192, signatures(), CRC + ":AAAAAA==\r\n"),
            java.nio.charset.StandardCharsets.ISO_8859_1);
    String without = framed.substring(0, framed.indexOf("x-amz-trailer-signature")) + "\r\n";
    Body body = new ChunkedBody(Body.of(Example.bytes(without)), 5, signatures(), Set.of(CRC));

    assertThat(errorOf(body)).isEqualTo("SignatureDoesNotMatch");
  }

  @Test
  void aBrokenConnectionFailsTheBody() {
    Body broken =
        new ChunkedBody(
            new Wire() {
              @Override
              public int read(byte[] bytes, int offset, int length) throws IOException {
                throw new IOException("connection reset");
              }
            },
            5,
            null,
            Set.of());

    assertThatThrownBy(broken::readAllBytes)
        .isInstanceOf(IOException.class)
        .hasMessage("connection reset");
  }

  private static Body trickle(byte[] bytes, int piece) {
    Body whole = Body.of(bytes);
    return new Wire() {
      @Override
      public int read(byte[] into, int offset, int length) throws IOException {
        return whole.read(into, offset, Math.min(length, piece));
      }
    };
  }

  private abstract static class Wire extends Body {
    @Override
    public OptionalLong length() {
      return OptionalLong.empty();
    }

    @Override
    public Headers trailers() {
      return new Headers();
    }
  }
}
