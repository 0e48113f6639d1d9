package io.carillon.s3;

import io.carillon.aws.sigv4.Signer;
import io.carillon.base.Region;
import io.carillon.base.Secret;
import io.carillon.http.Headers;
import io.carillon.server.Config;
import io.carillon.server.InMemoryServer;
import io.carillon.server.Server;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Clock;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/// Sends requests to a complete server byte for byte and returns responses as they are on the wire.
/// This shows what clients hide: headers of errors, and elements that the SDK models lack.
final class S3Wire implements AutoCloseable {
  static final String ACCOUNT = "000000000000";
  private static final AtomicInteger NAMES = new AtomicInteger();
  private static final int TIMEOUT_MILLIS = 60_000;

  private final Server server;
  private final String accessKeyId;
  private final Secret secret;
  private final Region region;

  private S3Wire(Server server, String accessKeyId, Secret secret, Region region) {
    this.server = server;
    this.accessKeyId = accessKeyId;
    this.secret = secret;
    this.region = region;
  }

  /// Starts a server and signs as its root user for us-east-1.
  static S3Wire start() {
    Config config = InMemoryServer.config(Map.of());
    try {
      return new S3Wire(
          Server.start(config),
          config.accessKeyId(),
          config.secretAccessKey(),
          new Region("us-east-1"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// A client of the same server with another access key.
  S3Wire as(String otherKeyId, String otherSecret) {
    return new S3Wire(server, otherKeyId, new Secret(otherSecret), region);
  }

  /// A client of the same server that signs for another region.
  S3Wire in(String otherRegion) {
    return new S3Wire(server, accessKeyId, secret, new Region(otherRegion));
  }

  URI endpoint() {
    return URI.create("http://localhost:" + server.port());
  }

  /// A response as received.
  record WireResponse(int status, Headers headers, String body) {

    String header(String name) {
      return headers.find(name).orElse("");
    }

    /// The text of the first element with a name; empty if there is none.
    String element(String name) {
      Matcher matcher =
          Pattern.compile("<" + name + "(?: [^>]*)?>(.*?)</" + name + ">", Pattern.DOTALL)
              .matcher(body);
      return matcher.find() ? matcher.group(1) : "";
    }

    boolean has(String element) {
      return body.contains("<" + element + ">") || body.contains("<" + element + "/>");
    }

    String code() {
      return element("Code");
    }

    String message() {
      return element("Message");
    }

    /// Status and error code in one string.
    String outcome() {
      return code().isEmpty() ? String.valueOf(status) : status + " " + code();
    }
  }

  WireResponse get(String target, String... headers) {
    return send("GET", target, "", headers);
  }

  WireResponse head(String target, String... headers) {
    return send("HEAD", target, "", headers);
  }

  WireResponse put(String target, String body, String... headers) {
    return send("PUT", target, body, headers);
  }

  WireResponse post(String target, String body, String... headers) {
    return send("POST", target, body, headers);
  }

  WireResponse delete(String target, String... headers) {
    return send("DELETE", target, "", headers);
  }

  /// Sends a request, signed in its header. Header fields are bytes, one `char` each.
  WireResponse send(String method, String target, String body, String... headers) {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    return signed(method, target, bytes, fields(headers));
  }

  WireResponse send(String method, String target, byte[] body, String... headers) {
    return signed(method, target, body, fields(headers));
  }

  private WireResponse signed(String method, String target, byte[] body, Headers fields) {
    Headers sent = new Headers();
    fields.forEach(sent::add);
    signer().sign(method, endpoint().resolve(target), fields, body).forEach(sent::set);
    return exchange(method, target, sent, body);
  }

  /// The signed head of a request, for incomplete requests.
  String signedHead(String method, String target, String payloadHash, String... headers) {
    Headers sent = fields(headers);
    signer()
        .sign(method, endpoint().resolve(target), new Headers(), payloadHash)
        .forEach(sent::set);
    StringBuilder head = new StringBuilder(method + " " + target + " HTTP/1.1\r\n");
    head.append("Host: localhost:").append(server.port()).append("\r\n");
    sent.forEach((name, value) -> head.append(name + ": " + value + "\r\n"));
    return head.append("Connection: close\r\n\r\n").toString();
  }

  /// Sends a request without an Authorization header: anonymous or presigned.
  WireResponse unsigned(String method, String target, String body, String... headers) {
    return exchange(method, target, fields(headers), body.getBytes(StandardCharsets.UTF_8));
  }

  /// The target of a presigned URL, good for a minute.
  String presign(String method, String target) {
    URI uri = signer().presign(method, endpoint().resolve(target), Duration.ofMinutes(1));
    return uri.getRawPath() + "?" + uri.getRawQuery();
  }

  /// The target of a URL with one parameter that is presigned with Signature Version 2.
  String presignV2(String method, String path, String parameter, String value) {
    String expires = String.valueOf(Clock.systemUTC().instant().getEpochSecond() + 60);
    String text = method + "\n\n\n" + expires + "\n" + path + "?" + parameter + "=" + value;
    try {
      Mac mac = Mac.getInstance("HmacSHA1");
      mac.init(new SecretKeySpec(secret.reveal().getBytes(StandardCharsets.UTF_8), "HmacSHA1"));
      String signature =
          Base64.getEncoder().encodeToString(mac.doFinal(text.getBytes(StandardCharsets.UTF_8)));
      return path
          + "?%s=%s&AWSAccessKeyId=%s&Expires=%s&Signature=%s"
              .formatted(parameter, encode(value), accessKeyId, expires, encode(signature));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("Every JDK has HmacSHA1", e);
    }
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  private Signer signer() {
    return new Signer(
        accessKeyId, secret, Optional.empty(), region, S3Service.SPEC, Clock.systemUTC());
  }

  private static Headers fields(String... headers) {
    Headers fields = new Headers();
    for (int i = 0; i < headers.length; i += 2) {
      fields.add(headers[i], headers[i + 1]);
    }
    return fields;
  }

  private WireResponse exchange(String method, String target, Headers headers, byte[] body) {
    StringBuilder head = new StringBuilder(method + " " + target + " HTTP/1.1\r\n");
    if (!headers.contains("host")) {
      head.append("Host: localhost:").append(server.port()).append("\r\n");
    }
    headers.forEach((name, value) -> head.append(name + ": " + value + "\r\n"));
    if (!headers.contains("content-length") && !headers.contains("transfer-encoding")) {
      head.append("Content-Length: ").append(body.length).append("\r\n");
    }
    head.append("Connection: close\r\n\r\n");
    ByteArrayOutputStream request = new ByteArrayOutputStream();
    request.writeBytes(head.toString().getBytes(StandardCharsets.ISO_8859_1));
    request.writeBytes(body);
    return response(raw(request.toByteArray()));
  }

  /// Sends bytes and reads until the server closes.
  byte[] raw(byte[] request) {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
      socket.setSoTimeout(TIMEOUT_MILLIS);
      socket.getOutputStream().write(request);
      socket.getOutputStream().flush();
      return socket.getInputStream().readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static WireResponse response(byte[] bytes) {
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    int end = text.indexOf("\r\n\r\n");
    String[] lines = text.substring(0, end).split("\r\n", -1);
    Headers headers = new Headers();
    for (int i = 1; i < lines.length; i++) {
      int colon = lines[i].indexOf(':');
      headers.add(lines[i].substring(0, colon), lines[i].substring(colon + 1).strip());
    }
    String body = new String(bytes, end + 4, bytes.length - end - 4, StandardCharsets.UTF_8);
    return new WireResponse(Integer.parseInt(lines[0].split(" ", -1)[1]), headers, body);
  }

  /// Creates a bucket for the test and returns its path.
  String bucket() {
    String name = "wire-" + NAMES.incrementAndGet();
    require(put("/" + name, ""), 200);
    return "/" + name;
  }

  String versioned(String status) {
    String bucket = bucket();
    versioning(bucket, status);
    return bucket;
  }

  void versioning(String bucket, String status) {
    WireResponse response =
        put(
            bucket + "?versioning",
            "<VersioningConfiguration><Status>" + status + "</Status></VersioningConfiguration>");
    require(response, 200);
  }

  String begin(String object, String... headers) {
    String id = post(object + "?uploads", "", headers).element("UploadId");

    return id;
  }

  String part(String object, String upload, int number, String text) {
    return put(object + "?partNumber=" + number + "&uploadId=" + upload, text).header("ETag");
  }

  WireResponse complete(String object, String upload, String parts, String... headers) {
    String body =
        parts.isEmpty() ? "" : "<CompleteMultipartUpload>" + parts + "</CompleteMultipartUpload>";
    return post(object + "?uploadId=" + upload, body, headers);
  }

  static String listed(int number, String etag) {
    return "<Part><PartNumber>%d</PartNumber><ETag>%s</ETag></Part>".formatted(number, etag);
  }

  static String tagging(String... keysAndValues) {
    StringBuilder tags = new StringBuilder("<Tagging><TagSet>");
    for (int i = 0; i < keysAndValues.length; i += 2) {
      tags.append("<Tag><Key>").append(keysAndValues[i]).append("</Key><Value>");
      tags.append(keysAndValues[i + 1]).append("</Value></Tag>");
    }
    return tags.append("</TagSet></Tagging>").toString();
  }

  private static void require(WireResponse response, int status) {
    if (response.status() != status) {
      throw new AssertionError(response);
    }
  }

  @Override
  public void close() {
    server.close();
  }
}
