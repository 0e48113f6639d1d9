package io.carillon.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.aws.AwsException;
import io.carillon.http.Body;
import io.carillon.http.BodyOf;
import io.carillon.http.Request;
import io.carillon.http.Response;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.services.s3.model.GetObjectTaggingRequest;
import software.amazon.awssdk.services.s3.model.GetObjectTaggingResponse;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;

/// PostObject after the signature check; `UploadFormTest` and `PostVerifierTest` cover the parts
/// before it, `post_object.py` the whole.
class PostObjectTest {
  private final S3Fixture fixture = new S3Fixture();

  @BeforeEach
  void bucket() {
    fixture.createBucket("photos");
  }

  /// A file of unknown length.
  private static Request form(byte[] file, String... headers) {
    Body content = Body.of(file);
    return S3Fixture.request(
        BodyOf.unknownLength(
            (into, offset, length) -> content.read(into, offset, Math.min(length, 1000))),
        headers);
  }

  private Response post(byte[] file, String... headers) throws IOException {
    return fixture.post(
        fixture.alice,
        PutObjectRequest.builder().bucket("photos").key("a b/c").build(),
        form(file, headers));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 65_535, 65_536, 65_537, 300_000})
  void filesOfAnyLengthAreStoredWithTheirEvent(int size) throws IOException {
    fixture.notifyFunction("photos", "s3:ObjectCreated:Post");
    byte[] file = new byte[size];
    Arrays.fill(file, (byte) 'x');

    Response response = post(file);

    assertThat(response.status()).isEqualTo(204);
    assertThat(fixture.get("photos", "a b/c")).isEqualTo(new String(file, StandardCharsets.UTF_8));
    assertThat(fixture.events())
        .singleElement()
        .asString()
        .contains("\"ObjectCreated:Post\"", "\"size\":" + size);
  }

  @Test
  void fileAndEventCommitTogether() {
    fixture.notifyFunction("photos");
    fixture.outboxBroken = true;

    assertThatThrownBy(() -> post(new byte[3])).hasMessage("broken");
    assertThatThrownBy(() -> fixture.get("photos", "a b/c")).isInstanceOf(AwsException.class);
  }

  @ParameterizedTest
  @CsvSource({"200, 200", "201, 201", "204, 204", "302, 204", "'', 204"})
  void successStatusIsTheRequestedOne(String requested, int status) throws IOException {
    Response response =
        post(new byte[1], "success_action_status", requested, "Host", "localhost:1");

    assertThat(response.status()).isEqualTo(status);
    assertThat(response.headers().first("Location"))
        .isEqualTo("http://localhost:1/photos/a%20b%2Fc");
    assertThat(response.headers().first("ETag")).isNotNull();
    if (status == 201) {
      assertThat(S3Fixture.text(response))
          .contains(
              "<PostResponse><Location>http://localhost:1/photos/a%20b%2Fc</Location>"
                  + "<Bucket>photos</Bucket><Key>a b/c</Key>"
                  + "<ETag>&quot;93b885adfe0da089cdf634904fd59f71&quot;</ETag></PostResponse>");
    } else {
      assertThat(S3Fixture.bytes(response)).isEmpty();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "http://localhost/done, http://localhost/done?",
    "https://localhost/done?x=1, https://localhost/done?x=1&",
  })
  void successRedirectReturns303(String requested, String start) throws IOException {
    Response response =
        post(new byte[1], "success_action_redirect", requested, "success_action_status", "200");

    assertThat(response.status()).isEqualTo(303);
    assertThat(response.headers().all("Location"))
        .containsExactly(
            start + "bucket=photos&key=a+b%2Fc&etag=%2293b885adfe0da089cdf634904fd59f71%22");
  }

  @ParameterizedTest
  @ValueSource(strings = {"javascript:alert(1)", "not a url", "/done", ""})
  void invalidRedirectIsIgnored(String requested) throws IOException {
    assertThat(post(new byte[1], "success_action_redirect", requested).status()).isEqualTo(204);
  }

  @Test
  void tagsAreAnXmlDocument() throws IOException {
    PutObjectRequest.Builder put = PutObjectRequest.builder().bucket("photos").key("k");
    fixture.post(
        fixture.alice,
        put.tagging(
                "<Tagging><TagSet><Tag><Key>a"
                    + " b</Key><Value>c+d</Value></Tag></TagSet></Tagging>")
            .build(),
        form(new byte[1]));

    GetObjectTaggingResponse tags =
        fixture.call(
            fixture.alice, GetObjectTaggingRequest.builder().bucket("photos").key("k").build());

    assertThat(tags.tagSet())
        .singleElement()
        .satisfies(
            tag -> {
              assertThat(tag.key()).isEqualTo("a b");
              assertThat(tag.value()).isEqualTo("c+d");
            });
    assertThatThrownBy(
            () -> fixture.post(fixture.alice, put.tagging("a=b").build(), form(new byte[1])))
        .isInstanceOf(AwsException.class);
  }

  @Test
  void postNeedsPutObjectPermission() {
    fixture.denied = need -> need.action().equals("s3:PutObject");

    assertThatThrownBy(() -> post(new byte[1])).isInstanceOf(AwsException.class);
  }
}
