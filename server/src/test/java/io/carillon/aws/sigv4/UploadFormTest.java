package io.carillon.aws.sigv4;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.carillon.aws.AwsException;
import io.carillon.aws.DirectClient;
import io.carillon.http.Body;
import io.carillon.http.BodyOf;
import io.carillon.http.Headers;
import io.carillon.http.Request;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class UploadFormTest {
  private static final String BOUNDARY = "----x";

  private static String field(String name, String value) {
    return "------x\r\nContent-Disposition: form-data; name=\""
        + name
        + "\"\r\n\r\n"
        + value
        + "\r\n";
  }

  private static String file(String filename, String content) {
    return "------x\r\nContent-Disposition: form-data; name=\"file\"; filename=\""
        + filename
        + "\"\r\nContent-Type: image/png\r\n\r\n"
        + content
        + "\r\n------x--\r\n";
  }

  private static Request request(String body) {
    return request(body, "multipart/form-data; boundary=" + BOUNDARY, 4096);
  }

  /// A body that arrives in pieces of this size.
  private static Request request(String body, String type, int piece) {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    Body whole = Body.of(bytes);
    Body inPieces =
        BodyOf.length(
            bytes.length,
            (into, offset, length) -> whole.read(into, offset, Math.min(piece, length)));
    Headers headers = new Headers().add("Host", "localhost").add("Content-Type", type);
    return DirectClient.request("POST", "/photos", headers, bytes).withBody(inPieces);
  }

  private static String text(Body body, int piece) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    byte[] buffer = new byte[piece];
    for (int count = body.read(buffer, 0, piece); count >= 0; count = body.read(buffer, 0, piece)) {
      out.write(buffer, 0, count);
    }
    return out.toString(StandardCharsets.UTF_8);
  }

  private static Request put(Request post) throws IOException {
    return UploadForm.read(post).toPutObject(post, "photos", 0, Long.MAX_VALUE);
  }

  private static String code(Request post) {
    return catchThrowableOfType(AwsException.class, () -> text(put(post).body(), 100))
        .error()
        .code();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4096})
  void aFormBecomesTheEquivalentPut(int piece) throws IOException {
    String content = "\r\n--\r\n----\r\n------\r\r\n------y\r\n-\r\n-----";
    String body =
        "a preamble\r\n"
            + field("key", "user/${filename}")
            + field("Content-Type", "text/plain")
            + field("X-Amz-Meta-Colour", "grün ${filename}")
            + field("acl", "private")
            + field("submit", "Upload")
            + field("x-amz-signature", "abc")
            + file("C:\\pictures\\a \\\"b\\\" +.png", content)
            + field("key", "too late");

    Request put = put(request(body, "multipart/form-data; boundary=\"----x\"", piece));

    assertThat(put.method()).isEqualTo("PUT");
    assertThat(put.rawPath()).isEqualTo("/photos/user/a%20%22b%22%20%2B.png");
    assertThat(put.headers().first("content-type")).isEqualTo("text/plain");
    assertThat(put.headers().first("x-amz-acl")).isEqualTo("private");
    assertThat(put.headers().first("host")).isEqualTo("localhost");
    assertThat(put.headers().first("x-amz-meta-colour")).isEqualTo("gr\u00c3\u00bcn a \"b\" +.png");
    assertThat(put.headers().contains("submit")).isFalse();
    assertThat(put.headers().contains("x-amz-signature")).isFalse();
    assertThat(put.body().length()).isEmpty();
    assertThat(text(put.body(), piece)).isEqualTo(content);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4096})
  void anEmptyFileIsAccepted(int piece) throws IOException {
    Request post =
        request(
            field("key", "k") + file("", ""), "multipart/form-data; boundary=" + BOUNDARY, piece);

    assertThat(text(put(post).body(), piece)).isEmpty();
  }

  @Test
  void aFileOfManyBuffersIsComplete() throws IOException {
    String content = "0123456789\r\n----".repeat(40_000);

    assertThat(text(put(request(field("key", "k") + file("f", content))).body(), 5000))
        .isEqualTo(content);
  }

  @Test
  void fieldsAreBoundedButTheFileIsNot() throws IOException {
    String large = "x".repeat(20 << 10);

    assertThat(text(put(request(field("key", "k") + file("f", large))).body(), 5000))
        .isEqualTo(large);
    assertThat(code(request(field("key", large) + file("f", "x"))))
        .isEqualTo("MaxPostPreDataLengthExceededError");
    assertThat(code(request(large + "\r\n" + field("key", "k") + file("f", "x"))))
        .isEqualTo("MaxPostPreDataLengthExceededError");
    assertThat(code(request(field("key", "k").replace("form-data", large) + file("f", "x"))))
        .isEqualTo("MaxPostPreDataLengthExceededError");
  }

  @Test
  void aFileOutsideItsSizeRangeIsRejected() throws IOException {
    Request post = request(field("key", "k") + file("f", "12345"));
    Body large = UploadForm.read(post).toPutObject(post, "photos", 0, 4).body();
    Request again = request(field("key", "k") + file("f", "12345"));
    Body small = UploadForm.read(again).toPutObject(again, "photos", 6, 10).body();

    AwsException tooLarge = catchThrowableOfType(AwsException.class, () -> text(large, 100));
    AwsException tooSmall = catchThrowableOfType(AwsException.class, () -> text(small, 100));

    assertThat(tooLarge.error().code()).isEqualTo("EntityTooLarge");
    assertThat(tooLarge.members()).containsEntry("MaxSizeAllowed", "4");
    assertThat(tooSmall.error().code()).isEqualTo("EntityTooSmall");
    assertThat(tooSmall.members())
        .containsEntry("ProposedSize", "5")
        .containsEntry("MinSizeAllowed", "6");
  }

  @Test
  void malformedFormsAreRejected() {
    String whole = field("key", "k") + file("f", "some content");
    int content = whole.indexOf("some content");

    for (int end = 0; end < content + "some content\r\n------".length(); end++) {
      assertThat(code(request(whole.substring(0, end))))
          .as("cut after %s", end)
          .isEqualTo("MalformedPOSTRequest");
    }
    assertThat(code(request(whole, "multipart/form-data", 100))).isEqualTo("MalformedPOSTRequest");
    assertThat(code(request(whole, "multipart/form-data; boundary=" + "x".repeat(71), 100)))
        .isEqualTo("MalformedPOSTRequest");
    assertThat(code(request(whole.replaceFirst("------x\r\n", "------xy\r\n"))))
        .isEqualTo("MalformedPOSTRequest");
  }

  @ParameterizedTest
  @CsvSource({
    "key, 'POST requires exactly one file upload per request.'",
    "file, 'Bucket POST must contain a field named ''key''.  If it is specified, please check the"
        + " order of the fields.'"
  })
  void missingFormFieldsAreNamed(String only, String message) {
    String body = only.equals("key") ? field("key", "k") + "------x--\r\n" : file("f", "x");

    AwsException refused = catchThrowableOfType(AwsException.class, () -> put(request(body)));

    assertThat(refused.error().code()).isEqualTo("InvalidArgument");
    assertThat(refused).hasMessage(message);
  }

  @Test
  void duplicateFieldsAndControlCharactersAreRejected() {
    assertThat(code(request(field("key", "a") + field("Key", "b") + file("f", "x"))))
        .isEqualTo("InvalidArgument");
    assertThat(code(request(field("key", "a") + field("x-amz-meta-a", "b\nc") + file("f", "x"))))
        .isEqualTo("InvalidArgument");
    assertThat(code(request(field("key", "a") + field("x-amz-meta-ü", "b") + file("f", "x"))))
        .isEqualTo("InvalidArgument");
  }
}
