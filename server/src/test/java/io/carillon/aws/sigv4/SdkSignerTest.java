package io.carillon.aws.sigv4;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.aws.Specs;
import io.carillon.aws.checksum.ChecksumAlgorithm;
import io.carillon.http.Headers;
import io.carillon.http.Request;
import java.io.IOException;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.checksums.DefaultChecksumAlgorithm;
import software.amazon.awssdk.http.ContentStreamProvider;
import software.amazon.awssdk.http.SdkHttpFullRequest;
import software.amazon.awssdk.http.SdkHttpMethod;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4FamilyHttpSigner.AuthLocation;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4HttpSigner;
import software.amazon.awssdk.http.auth.spi.signer.HttpSigner;
import software.amazon.awssdk.http.auth.spi.signer.SignRequest;
import software.amazon.awssdk.http.auth.spi.signer.SignedRequest;
import software.amazon.awssdk.identity.spi.AwsCredentialsIdentity;

/// Requests signed by AWS's SDK for Java 2: an independent implementation, and the only available
/// client that signs chunks and trailers.
class SdkSignerTest {
  private static final AwsCredentialsIdentity IDENTITY =
      AwsCredentialsIdentity.create(Example.KEY_ID, Example.SECRET.reveal());

  private static Request sign(
      String service,
      URI uri,
      byte[] body,
      Consumer<SignRequest.Builder<AwsCredentialsIdentity>> how)
      throws IOException {
    SdkHttpRequest.Builder request =
        SdkHttpFullRequest.builder()
            .uri(uri)
            .method(SdkHttpMethod.PUT)
            .putHeader("Host", uri.getAuthority())
            .putHeader("Content-Length", Integer.toString(body.length))
            .putHeader("x-amz-meta-a", "  some   text ");
    SignedRequest signed =
        AwsV4HttpSigner.create()
            .sign(
                r -> {
                  r.identity(IDENTITY)
                      .request(request.build())
                      .payload(ContentStreamProvider.fromByteArray(body))
                      .putProperty(AwsV4HttpSigner.SERVICE_SIGNING_NAME, service)
                      .putProperty(AwsV4HttpSigner.REGION_NAME, "us-east-1")
                      .putProperty(
                          HttpSigner.SIGNING_CLOCK, Clock.fixed(Example.DAY, ZoneOffset.UTC));
                  if (service.equals("s3")) {
                    r.putProperty(AwsV4HttpSigner.DOUBLE_URL_ENCODE, false)
                        .putProperty(AwsV4HttpSigner.NORMALIZE_PATH, false);
                  }
                  how.accept(r);
                });
    Headers headers = new Headers();
    signed.request().forEachHeader((name, values) -> values.forEach(v -> headers.add(name, v)));
    byte[] wire = signed.payload().orElseThrow().newStream().readAllBytes();
    return Example.request(
        "PUT",
        signed.request().encodedPath(),
        signed.request().encodedQueryParameters().orElse(""),
        headers,
        wire);
  }

  private static byte[] content(int size) {
    byte[] bytes = new byte[size];
    new Random(7).nextBytes(bytes);
    return bytes;
  }

  private static final URI KEY =
      URI.create("http://localhost:4566/bucket/a%20b%2Bc//%C3%A4?partNumber=1&uploadId=x%2By");

  /// Without TLS the SDK signs every payload.
  private static final URI OVER_TLS = URI.create("https://localhost:4566/bucket/k?a=%2B");

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 100, 300_000})
  void aSignedBodyVerifies(int size) throws IOException {
    byte[] body = content(size);

    Verified verified = Example.verifier().verify(sign("s3", KEY, body, _ -> {}), Specs.of("s3"));

    assertThat(verified).isInstanceOf(Verified.Signed.class);
    assertThat(verified.request().body().readAllBytes()).isEqualTo(body);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 100, 131_072, 300_000})
  void signedChunksVerify(int size) throws IOException {
    byte[] body = content(size);
    Request request =
        sign("s3", KEY, body, r -> r.putProperty(AwsV4HttpSigner.CHUNK_ENCODING_ENABLED, true));
    assertThat(request.headers().first("x-amz-content-sha256"))
        .isEqualTo("STREAMING-AWS4-HMAC-SHA256-PAYLOAD");

    Request verified = Example.verifier().verify(request, Specs.of("s3")).request();

    assertThat(verified.body().readAllBytes()).isEqualTo(body);
    assertThat(verified.headers().contains("content-encoding")).isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "0,CRC32,true",
    "100,CRC32,true",
    "300000,CRC32C,true",
    "300000,SHA256,true",
    "0,CRC32,false",
    "100,CRC32C,false",
    "300000,SHA1,false"
  })
  void trailersVerifyAndHaveTheRightChecksum(int size, ChecksumAlgorithm algorithm, boolean signed)
      throws IOException {
    byte[] body = content(size);
    Request request =
        sign(
            "s3",
            signed ? KEY : OVER_TLS,
            body,
            r ->
                r.putProperty(AwsV4HttpSigner.CHUNK_ENCODING_ENABLED, true)
                    .putProperty(AwsV4HttpSigner.PAYLOAD_SIGNING_ENABLED, signed)
                    .putProperty(
                        AwsV4HttpSigner.CHECKSUM_ALGORITHM,
                        switch (algorithm) {
                          case CRC32 -> DefaultChecksumAlgorithm.CRC32;
                          case CRC32C -> DefaultChecksumAlgorithm.CRC32C;
                          case SHA1 -> DefaultChecksumAlgorithm.SHA1;
                          default -> DefaultChecksumAlgorithm.SHA256;
                        }));
    assertThat(request.headers().first("x-amz-content-sha256"))
        .isEqualTo(
            signed
                ? "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
                : "STREAMING-UNSIGNED-PAYLOAD-TRAILER");

    Request verified = Example.verifier().verify(request, Specs.of("s3")).request();

    assertThat(verified.body().readAllBytes()).isEqualTo(body);
    assertThat(verified.body().trailers().first(algorithm.header()))
        .isEqualTo(algorithm.of(body).base64());
  }

  @ParameterizedTest
  @ValueSource(strings = {"lambda", "sns", "sts"})
  void otherServicesVerify(String service) throws IOException {
    URI uri =
        URI.create(
            "http://localhost:4566/2015-03-31/functions/arn%3Aaws%3Alambda%3A/policy?Qualifier=%24L");
    byte[] body = content(50);

    assertThat(Example.verifier().verify(sign(service, uri, body, _ -> {}), Specs.of(service)))
        .isInstanceOf(Verified.Signed.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"s3", "sns"})
  void presignedQueriesVerify(String service) throws IOException {
    Request request =
        sign(
            service,
            OVER_TLS,
            new byte[0],
            r -> {
              r.putProperty(AwsV4HttpSigner.AUTH_LOCATION, AuthLocation.QUERY_STRING)
                  .putProperty(AwsV4HttpSigner.EXPIRATION_DURATION, Duration.ofMinutes(10));
              if (service.equals("s3")) {
                r.putProperty(AwsV4HttpSigner.PAYLOAD_SIGNING_ENABLED, false);
              }
            });

    assertThat(Example.verifier().verify(request, Specs.of(service)))
        .isInstanceOfSatisfying(
            Verified.Signed.class, signed -> assertThat(signed.presigned()).isTrue());
  }
}
