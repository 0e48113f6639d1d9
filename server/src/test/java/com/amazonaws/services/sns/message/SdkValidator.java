package com.amazonaws.services.sns.message;

import java.io.ByteArrayInputStream;
import java.lang.reflect.Proxy;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.function.Function;
import org.apache.http.HttpVersion;
import org.apache.http.client.HttpClient;
import org.apache.http.client.methods.HttpUriRequest;
import org.apache.http.entity.ByteArrayEntity;
import org.apache.http.message.BasicHttpResponse;

/// The message validator of the AWS SDK for Java, whole: it checks the certificate's address, the
/// certificate itself and the signature. Only its way to the network is replaced, which the SDK
/// allows to its own package alone; hence this one.
public final class SdkValidator {
  private final SnsMessageManager manager;

  /// @param certificates answers the certificate that lies at an address
  public SdkValidator(String region, Function<URI, byte[]> certificates) {
    this(region, answering(certificates));
  }

  private static HttpClient answering(Function<URI, byte[]> certificates) {
    return (HttpClient)
        Proxy.newProxyInstance(
            HttpClient.class.getClassLoader(),
            new Class<?>[] {HttpClient.class},
            (_, _, arguments) -> {
              BasicHttpResponse response = new BasicHttpResponse(HttpVersion.HTTP_1_1, 200, "OK");
              URI address = ((HttpUriRequest) arguments[0]).getURI();
              response.setEntity(new ByteArrayEntity(certificates.apply(address)));
              return response;
            });
  }

  /// @param client fetches the certificate
  public SdkValidator(String region, HttpClient client) {
    System.setProperty("aws.java.v1.disableDeprecationAnnouncement", "true");
    String host = "sns." + region + ".amazonaws.com";
    this.manager =
        new SnsMessageManager(region, new SignatureVerifier(client, host, "sns.amazonaws.com"));
  }

  /// The message, found genuine.
  ///
  /// @throws RuntimeException where the SDK does not believe it
  public SnsMessage validate(String json) {
    return manager.parseMessage(new ByteArrayInputStream(json.getBytes(StandardCharsets.UTF_8)));
  }
}
