package io.carillon.aws.sigv4;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.aws.Specs;
import io.carillon.http.Headers;
import io.carillon.http.Request;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/// The signed requests in AWS's documentation.
///
/// Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html,
/// sigv4-query-string-auth.html, sigv4-streaming.html, sigv4-streaming-trailers.html
class DocumentedExamplesTest {

  private static Request verified(Request request) throws IOException {
    Verified verified = Example.verifier().verify(request, Specs.of("s3"));
    assertThat(verified).isInstanceOf(Verified.Signed.class);
    return verified.request();
  }

  private static Headers headers() {
    return new Headers().add("Host", Example.HOST);
  }

  @Test
  void getObject() throws IOException {
    Headers headers =
        headers()
            .add("Range", "bytes=0-9")
            .add("x-amz-content-sha256", Example.EMPTY_HASH)
            .add("x-amz-date", "20130524T000000Z")
            .add(
                "Authorization",
                Example.authorization(
                    "host;range;x-amz-content-sha256;x-amz-date",
                    "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"));

    verified(Example.request("GET", "/test.txt", "", headers, new byte[0]));
  }

  @Test
  void putObject() throws IOException {
    byte[] body = Example.bytes("Welcome to Amazon S3.");
    Headers headers =
        headers()
            .add("Date", "Fri, 24 May 2013 00:00:00 GMT")
            .add("x-amz-date", "20130524T000000Z")
            .add("x-amz-storage-class", "REDUCED_REDUNDANCY")
            .add("x-amz-content-sha256", SigningKey.sha256(body))
            .add(
                "Authorization",
                Example.authorization(
                    "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
                    "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"));

    Request request = verified(Example.request("PUT", "/test%24file.text", "", headers, body));

    assertThat(request.body().readAllBytes()).isEqualTo(body);
  }

  @Test
  void getBucketLifecycle() throws IOException {
    Headers headers =
        headers()
            .add("x-amz-date", "20130524T000000Z")
            .add("x-amz-content-sha256", Example.EMPTY_HASH)
            .add(
                "Authorization",
                Example.authorization(
                    "host;x-amz-content-sha256;x-amz-date",
                    "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"));

    verified(Example.request("GET", "/", "lifecycle", headers, new byte[0]));
  }

  @Test
  void listObjects() throws IOException {
    Headers headers =
        headers()
            .add("x-amz-date", "20130524T000000Z")
            .add("x-amz-content-sha256", Example.EMPTY_HASH)
            .add(
                "Authorization",
                Example.authorization(
                    "host;x-amz-content-sha256;x-amz-date",
                    "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"));

    verified(Example.request("GET", "/", "prefix=J&max-keys=2", headers, new byte[0]));
  }

  @Test
  void presignedGetObject() throws IOException {
    String signature = "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404";
    String query =
        "X-Amz-Algorithm=AWS4-HMAC-SHA256"
            + "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
            + "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
            + "&X-Amz-Signature="
            + signature;

    Verified verified =
        Example.verifier()
            .verify(
                Example.request("GET", "/test.txt", query, headers(), new byte[0]), Specs.of("s3"));

    assertThat(verified)
        .isInstanceOfSatisfying(
            Verified.Signed.class,
            signed -> {
              assertThat(signed.presigned()).isTrue();
              assertThat(signed.credentials()).isEqualTo(Example.longTerm());
              assertThat(signed.signing().signed()).isEqualTo(Example.DAY);
            });
    URI ours =
        Example.signer("s3")
            .presign(
                "GET", URI.create("https://" + Example.HOST + "/test.txt"), Duration.ofDays(1));
    assertThat(ours.getRawQuery()).isEqualTo(query);
  }

  @Test
  void putObjectInSignedChunks() throws IOException {
    String body =
        "10000;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\n"
            + "a".repeat(65536)
            + "\r\n"
            + "400;chunk-signature=0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\n"
            + "a".repeat(1024)
            + "\r\n"
            + "0;chunk-signature=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n"
            + "\r\n";
    Headers headers =
        new Headers()
            .add("Host", "s3.amazonaws.com")
            .add("x-amz-date", "20130524T000000Z")
            .add("x-amz-storage-class", "REDUCED_REDUNDANCY")
            .add("x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD")
            .add("Content-Encoding", "aws-chunked")
            .add("x-amz-decoded-content-length", "66560")
            .add("Content-Length", "66824")
            .add(
                "Authorization",
                Example.authorization(
                    "content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;"
                        + "x-amz-decoded-content-length;x-amz-storage-class",
                    "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9"));

    Request request =
        verified(
            Example.request(
                "PUT", "/examplebucket/chunkObject.txt", "", headers, Example.bytes(body)));

    assertThat(request.headers().contains("Content-Encoding")).isFalse();
    assertThat(request.body().length()).hasValue(66560);
    assertThat(request.body().readAllBytes()).isEqualTo(Example.bytes("a".repeat(66560)));
  }

  @Test
  void putObjectInSignedChunksWithATrailer() throws IOException {
    String body =
        "10000;chunk-signature=b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2\r\n"
            + "a".repeat(65536)
            + "\r\n"
            + "400;chunk-signature=1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7\r\n"
            + "a".repeat(1024)
            + "\r\n"
            + "0;chunk-signature=2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992\r\n"
            + "x-amz-checksum-crc32c:sOO8/Q==\n\r\n"
            + "x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n";
    Headers headers =
        new Headers()
            .add("Host", "s3.amazonaws.com")
            .add("x-amz-date", "20130524T000000Z")
            .add("x-amz-storage-class", "REDUCED_REDUNDANCY")
            .add("x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER")
            .add("Content-Encoding", "aws-chunked")
            .add("x-amz-decoded-content-length", "66560")
            .add("x-amz-trailer", "x-amz-checksum-crc32c")
            .add(
                "Authorization",
                Example.authorization(
                    "content-encoding;host;x-amz-content-sha256;x-amz-date;"
                        + "x-amz-decoded-content-length;x-amz-storage-class;x-amz-trailer",
                    "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e"));

    Request request =
        verified(
            Example.request(
                "PUT", "/examplebucket/chunkObject.txt", "", headers, Example.bytes(body)));

    assertThat(request.body().readAllBytes()).hasSize(66560);
    assertThat(request.body().trailers().first("x-amz-checksum-crc32c")).isEqualTo("sOO8/Q==");
  }
}
