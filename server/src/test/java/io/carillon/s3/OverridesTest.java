package io.carillon.s3;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.s3.S3Wire.Answer;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// `response-…` parameters: what a reader wants to be answered.
///
/// Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html and, for what header
/// fields cannot hold, answers of S3 in https://github.com/guardian/grid/pull/1716 and
/// https://github.com/IQSS/dataverse/issues/4524
class OverridesTest {
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

  /// However the request is signed: in its header, in its query, and in the query as it was before.
  private static List<Answer> ask(String method, String parameter, String value) {
    String target =
        object + "?" + parameter + "=" + URLEncoder.encode(value, StandardCharsets.UTF_8);
    String spaced = target.replace("+", "%20");
    return List.of(
        s3.send(method, spaced, ""),
        s3.unsigned(method, s3.presign(method, spaced), ""),
        s3.unsigned(method, s3.presignBefore(method, object, parameter, value), ""));
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
  void whatIsBeyondIso88591IsRefused(String parameter) {
    for (String value : List.of("1976–2016", "倉", "\uD83D\uDE00", "ok Ā")) {
      for (Answer answer : ask("GET", parameter, value)) {
        assertThat(answer.outcome()).as(parameter).isEqualTo("400 InvalidArgument");
        assertThat(answer.message())
            .isEqualTo("Header value cannot be represented using ISO-8859-1.");
        assertThat(answer.element("ArgumentName")).isEqualTo(parameter);
        assertThat(answer.element("ArgumentValue")).isEqualTo(value);
      }
      for (Answer answer : ask("HEAD", parameter, value)) {
        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.body()).isEmpty();
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
  void whatIsOfIso88591IsAnsweredInIt(String parameter) {
    String value = "attachment; filename=\"ÄÖÜ é ÿ.txt\"";
    for (String method : List.of("GET", "HEAD")) {
      for (Answer answer : ask(method, parameter, value)) {
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.header(parameter.substring("response-".length()))).isEqualTo(value);
      }
    }
  }
}
