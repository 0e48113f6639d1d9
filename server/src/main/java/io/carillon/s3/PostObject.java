package io.carillon.s3;

import io.carillon.aws.Caller;
import io.carillon.aws.Need;
import io.carillon.aws.protocol.XmlDocuments;
import io.carillon.http.Headers;
import io.carillon.http.Request;
import io.carillon.http.Response;
import io.carillon.s3.event.EventType;
import io.carillon.s3.model.Bucket;
import io.carillon.s3.model.Etags;
import io.carillon.s3.model.ObjectVersion;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.Tagging;

/// PostObject: stores the file of an HTML form. The signature check turns a form into a PutObject
/// request, so this class only parses the form's tags and makes its response.
///
/// Source: https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html
final class PostObject {
  private static final String REDIRECT = "success_action_redirect";
  private static final String STATUS = "success_action_status";

  private final PutObject puts;
  private final Bodies bodies;

  PostObject(PutObject puts, Bodies bodies) {
    this.puts = puts;
    this.bodies = bodies;
  }

  Response run(Caller caller, PutObjectRequest input, Request http) throws IOException {
    return puts.run(
        caller,
        asPut(input),
        () -> bodies.receiveToEnd(http),
        EventType.CREATED_POST,
        (bucket, version) -> response(caller, http, input.key(), bucket, version));
  }

  static List<Need> needs(PutObjectRequest input) {
    return Permissions.putObject(asPut(input));
  }

  /// The tags of a form are an XML document; those of a header are a query string.
  private static PutObjectRequest asPut(PutObjectRequest input) {
    if (input.tagging() == null) {
      return input;
    }
    Tagging.Builder tagging = Tagging.builder();
    XmlDocuments.read(input.tagging(), "Tagging", tagging);
    Tagging tags = tagging.build();
    TagSets.ofObject(tags.tagSet()); // throws the errors for documents
    return input.toBuilder().tagging(tags).build();
  }

  private static Response response(
      Caller caller, Request http, String key, Bucket bucket, ObjectVersion version) {
    Response stored = ObjectHeaders.written(bucket, version);
    Headers headers = stored.headers();
    Optional<String> redirect =
        http.headers().find(REDIRECT).flatMap(url -> redirect(url, key, bucket, version));
    if (redirect.isPresent()) {
      return new Response(303, headers.add("Location", redirect.get()), stored.content());
    }
    String location = Locations.object(caller.origin().orElse(""), bucket.name(), key);
    headers.add("Location", location);
    return switch (http.headers().find(STATUS).orElse("")) {
      case "200" -> stored;
      case "201" -> created(location, key, bucket, version, headers);
      default -> new Response(204, headers, stored.content());
    };
  }

  private static Response created(
      String location, String key, Bucket bucket, ObjectVersion version, Headers headers) {
    Map<String, String> members = new LinkedHashMap<>();
    members.put("Location", location);
    members.put("Bucket", bucket.name());
    members.put("Key", key);
    members.put("ETag", Etags.quoted(version.etag()));
    byte[] document = XmlDocuments.write("PostResponse", members);
    return new Response(
        201, headers.add("Content-Type", "application/xml"), new Response.Content.Bytes(document));
  }

  /// Empty if the form's redirect is not an HTTP URL; then it is ignored.
  private static Optional<String> redirect(
      String url, String key, Bucket bucket, ObjectVersion version) {
    @Nullable String scheme;
    try {
      scheme = URI.create(url).getScheme();
    } catch (IllegalArgumentException notOne) {
      return Optional.empty();
    }
    if (scheme == null || (!scheme.equals("http") && !scheme.equals("https"))) {
      return Optional.empty();
    }
    return Optional.of(
        url
            + (url.contains("?") ? "&" : "?")
            + "bucket="
            + encode(bucket.name())
            + "&key="
            + encode(key)
            + "&etag="
            + encode(Etags.quoted(version.etag())));
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }
}
