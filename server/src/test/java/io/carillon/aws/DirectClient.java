package io.carillon.aws;

import io.carillon.http.Body;
import io.carillon.http.Handler;
import io.carillon.http.Headers;
import io.carillon.http.Request;
import io.carillon.http.Response;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import software.amazon.awssdk.http.AbortableInputStream;
import software.amazon.awssdk.http.ExecutableHttpRequest;
import software.amazon.awssdk.http.HttpExecuteRequest;
import software.amazon.awssdk.http.HttpExecuteResponse;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.http.SdkHttpResponse;

/// Connects a real SDK client to a handler without a socket.
public final class DirectClient implements SdkHttpClient {
  private static final InetSocketAddress REMOTE =
      new InetSocketAddress(InetAddress.getLoopbackAddress(), 50000);

  private final Handler handler;

  public DirectClient(Handler handler) {
    this.handler = handler;
  }

  public static Request request(String method, String target, Headers headers, byte[] body) {
    int question = target.indexOf('?');
    return new Request(
        method,
        question < 0 ? target : target.substring(0, question),
        question < 0 ? "" : target.substring(question + 1),
        headers,
        Body.of(body),
        REMOTE,
        false);
  }

  public static byte[] bytes(Response response) throws IOException {
    return switch (response.content()) {
      case Response.Content.Bytes(byte[] bytes) -> bytes;
      case Response.Content.Stream(InputStream in, long _) -> in.readAllBytes();
      case Response.Content.Chunks(Response.Writer writer) -> {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        writer.writeTo(out);
        yield out.toByteArray();
      }
      default -> throw new AssertionError(response.content());
    };
  }

  @Override
  public ExecutableHttpRequest prepareRequest(HttpExecuteRequest request) {
    return new ExecutableHttpRequest() {
      @Override
      public HttpExecuteResponse call() throws IOException {
        return execute(request);
      }

      @Override
      public void abort() {}
    };
  }

  private HttpExecuteResponse execute(HttpExecuteRequest execute) throws IOException {
    SdkHttpRequest http = execute.httpRequest();
    Headers headers = new Headers();
    http.forEachHeader((name, values) -> values.forEach(v -> headers.add(name, v)));
    byte[] body = new byte[0];
    if (execute.contentStreamProvider().isPresent()) {
      try (InputStream in = execute.contentStreamProvider().get().newStream()) {
        body = in.readAllBytes();
      }
    }
    String path = http.encodedPath().isEmpty() ? "/" : http.encodedPath();
    String target = path + http.encodedQueryParameters().map(q -> "?" + q).orElse("");
    Response response;
    try {
      response = handler.handle(request(http.method().name(), target, headers, body));
    } catch (IOException e) {
      throw e;
    } catch (Exception e) {
      throw new AssertionError(e);
    }
    byte[] answer = bytes(response);
    SdkHttpResponse.Builder built = SdkHttpResponse.builder().statusCode(response.status());
    response.headers().forEach(built::appendHeader);
    built.putHeader("Content-Length", String.valueOf(answer.length));
    return HttpExecuteResponse.builder()
        .response(built.build())
        .responseBody(AbortableInputStream.create(new ByteArrayInputStream(answer)))
        .build();
  }

  @Override
  public void close() {}
}
