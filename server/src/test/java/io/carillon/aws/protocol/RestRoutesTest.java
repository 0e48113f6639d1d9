package io.carillon.aws.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.aws.DirectClient;
import io.carillon.aws.Specs;
import io.carillon.http.Headers;
import io.carillon.http.Request;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class RestRoutesTest {
  private final RestRoutes s3 = new RestRoutes(Model.of(Specs.of("s3")));
  private final RestRoutes lambda = new RestRoutes(Model.of(Specs.of("lambda")));

  static Stream<Model.Entry> ofS3() {
    // ListDirectoryBuckets of S3 Express, which has its own endpoint
    return Model.of(Specs.of("s3")).stream().filter(e -> !e.name().equals("ListDirectoryBuckets"));
  }

  static Stream<Model.Entry> ofLambda() {
    return Model.of(Specs.of("lambda")).stream();
  }

  /// The minimal request for an operation: its path, and what distinguishes it from others.
  private static Request least(Model.Entry entry) {
    StringBuilder target =
        new StringBuilder(
            entry.template().replaceAll("\\{\\w+\\}", "label").replace("{Key+}", "k/e/y"));
    Headers headers = new Headers();
    for (String need : entry.needs()) {
      if (need.startsWith(":")) {
        headers.add(need.substring(1), "value");
      } else {
        target.append(target.indexOf("?") < 0 ? '?' : '&').append(need).append("=value");
      }
    }
    return DirectClient.request(entry.verb(), target.toString(), headers, new byte[0]);
  }

  private static String find(RestRoutes routes, Request http) {
    return routes
        .find(http, http.rawPath(), Parameters.parse(http.rawQuery()))
        .map(found -> found.entry().name())
        .orElse("nothing");
  }

  @ParameterizedTest
  @MethodSource("ofS3")
  void minimalS3RequestsFindTheirOperation(Model.Entry entry) {
    assertThat(find(s3, least(entry))).isEqualTo(entry.name());
  }

  @ParameterizedTest
  @MethodSource("ofLambda")
  void minimalLambdaRequestsFindTheirOperation(Model.Entry entry) {
    assertThat(find(lambda, least(entry))).isEqualTo(entry.name());
  }

  @ParameterizedTest
  @CsvSource({
    "GET, /, ListBuckets",
    "GET, /b, ListObjects",
    "GET, /b/, ListObjects",
    "GET, /b//, GetObject",
    "GET, /b?list-type=2&prefix=x, ListObjectsV2",
    "GET, /b?list-type=3, ListObjects",
    "GET, /b/k?acl&versionId=v, GetObjectAcl",
    "GET, /b/k?acl=, GetObjectAcl",
    "GET, /b/?acl, GetBucketAcl",
    "GET, /b/k?uploadId=u&max-parts=2, ListParts",
    "PUT, /b/k?uploadId=u, PutObject",
    "POST, /b/k?uploadId=u, CompleteMultipartUpload",
    "POST, /b/k, nothing",
    "POST, //, nothing",
    "TRACE, /b, nothing",
    "get, /b, nothing"
  })
  void theMostSpecificRouteWins(String method, String target, String operation) {
    Request http = DirectClient.request(method, target, new Headers(), new byte[0]);
    assertThat(find(s3, http)).isEqualTo(operation);
  }

  @Test
  void labelsAreNotDecoded() {
    Request http = DirectClient.request("GET", "/b/a%2Fb//c/", new Headers(), new byte[0]);
    assertThat(s3.find(http, http.rawPath(), Parameters.parse("")).orElseThrow().labels())
        .isEqualTo(Map.of("Bucket", "b", "Key", "a%2Fb//c/"));
  }

  @Test
  void aTrailingSlashInALambdaPathIsIgnored() {
    for (String path : List.of("/2015-03-31/functions", "/2015-03-31/functions/")) {
      Request http = DirectClient.request("GET", path, new Headers(), new byte[0]);
      assertThat(find(lambda, http)).isEqualTo("ListFunctions");
    }
    Request empty =
        DirectClient.request("GET", "/2015-03-31/functions//policy", new Headers(), new byte[0]);
    assertThat(find(lambda, empty)).isEqualTo("nothing");
  }
}
