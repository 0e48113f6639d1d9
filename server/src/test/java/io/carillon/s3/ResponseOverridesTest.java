package io.carillon.s3;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.s3.S3Wire.WireResponse;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// `response-…` parameters, which override response headers.
///
/// Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html and, for values that
/// headers cannot hold, responses of S3 in https://github.com/guardian/grid/pull/1716 and
/// https://github.com/IQSS/dataverse/issues/4524
class ResponseOverridesTest {
  private static S3Wire s3;
  private static String object;

  @BeforeAll
  static void start() {
    s3 = S3Wire.start();
    object = s3.bucket() + "/k";
    s3.put(object, "x");
  }

  @AfterAll
  static void stop() {
    s3.close();
  }

  /// Sends the request with each kind of signature: in the header, in the query, and as Signature
  /// Version 2.
  private static List<WireResponse> ask(String method, String parameter, String value) {
    String target =
        object + "?" + parameter + "=" + URLEncoder.encode(value, StandardCharsets.UTF_8);
    String spaced = target.replace("+", "%20");
    return List.of(
        s3.send(method, spaced, ""),
        s3.unsigned(method, s3.presign(method, spaced), ""),
        s3.unsigned(method, s3.presignV2(method, object, parameter, value), ""));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "response-cache-control",
        "response-content-disposition",
        "response-content-encoding",
        "response-content-language",
        "response-content-type",
        "response-expires"
      })
  void valuesBeyondIso88591AreRefused(String parameter) {
    for (String value : List.of("1976–2016", "倉", "\uD83D\uDE00", "ok Ā")) {
      for (WireResponse response : ask("GET", parameter, value)) {
        assertThat(response.outcome()).as(parameter).isEqualTo("400 InvalidArgument");
        assertThat(response.message())
            .isEqualTo("Header value cannot be represented using ISO-8859-1.");
        assertThat(response.element("ArgumentName")).isEqualTo(parameter);
        assertThat(response.element("ArgumentValue")).isEqualTo(value);
      }
      for (WireResponse response : ask("HEAD", parameter, value)) {
        assertThat(response.status()).isEqualTo(400);
        assertThat(response.body()).isEmpty();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "response-cache-control",
        "response-content-disposition",
        "response-content-encoding",
        "response-content-language",
        "response-content-type"
      })
  void valuesInIso88591AreReturned(String parameter) {
    String value = "attachment; filename=\"ÄÖÜ é ÿ.txt\"";
    for (String method : List.of("GET", "HEAD")) {
      for (WireResponse response : ask(method, parameter, value)) {
        assertThat(response.status()).isEqualTo(200);
        assertThat(response.header(parameter.substring("response-".length()))).isEqualTo(value);
      }
    }
  }
}
