package io.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.amazonaws.auth.AWSStaticCredentialsProvider;
import com.amazonaws.auth.BasicAWSCredentials;
import com.amazonaws.client.builder.AwsClientBuilder.EndpointConfiguration;
import com.amazonaws.services.s3.AmazonS3;
import com.amazonaws.services.s3.AmazonS3ClientBuilder;
import io.carillon.server.Config;
import io.carillon.server.InMemoryServer;
import io.carillon.server.Server;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;

/// The address that a start prints works for clients as it is, on machines that cannot resolve
/// `bucket.localhost`, as most cannot.
class AddressTest {
  @TempDir Path folder;

  @Test
  void theSdksForJavaWorkWithThePrintedAddressWithoutNameResolution() throws Exception {
    Config config = InMemoryServer.config(Map.of());
    try (Server server = Server.start(config)) {
      Matcher address =
          Pattern.compile("export AWS_ENDPOINT_URL=(\\S+)").matcher(Banner.of(server, config));
      assertThat(address.find()).isTrue();
      Process client =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-XX:TieredStopAtLevel=1",
                  "-Djdk.net.hosts.file=" + Files.createFile(folder.resolve("hosts")),
                  "-cp",
                  System.getProperty(
                      "surefire.test.class.path", System.getProperty("java.class.path")),
                  Client.class.getName(),
                  address.group(1))
              .redirectErrorStream(true)
              .start();
      String output = new String(client.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(client.waitFor()).as(output).isZero();
    }
  }

  @Test
  void thePrintedAddressIsTheListenAddress() throws IOException {
    for (Map.Entry<String, String> host :
        Map.of("127.0.0.1", "127.0.0.1", "127.0.0.3", "127.0.0.3").entrySet()) {
      try (Server server = InMemoryServer.start(Map.of("host", host.getKey()))) {
        assertThat(server.endpoint())
            .isEqualTo(URI.create("http://" + host.getValue() + ":" + server.port()));
      }
    }
  }

  /// A program with the two SDKs for Java, each configured with the address and keys only.
  static final class Client {
    private Client() {}

    public static void main(String[] arguments) throws IOException {
      requireNoNames();
      second(arguments[0]);
      first(arguments[0]);
    }

    @SuppressWarnings("AddressSelection") // whether it is resolved, not to what
    private static void requireNoNames() {
      try {
        throw new IllegalStateException("Resolved: " + InetAddress.getByName("bucket.localhost"));
      } catch (UnknownHostException e) {
        // expected
      }
    }

    private static void second(String endpoint) {
      try (S3Client s3 =
          S3Client.builder()
              .endpointOverride(URI.create(endpoint))
              .region(Region.US_EAST_1)
              .credentialsProvider(
                  StaticCredentialsProvider.create(AwsBasicCredentials.create("test", "test")))
              .build()) {
        s3.createBucket(b -> b.bucket("second"));
        s3.putObject(b -> b.bucket("second").key("a/b c"), RequestBody.fromString("of 2"));
        String got = s3.getObjectAsBytes(b -> b.bucket("second").key("a/b c")).asUtf8String();
        require(got.equals("of 2"));
      }
    }

    private static void first(String endpoint) {
      AmazonS3 s3 =
          AmazonS3ClientBuilder.standard()
              .withEndpointConfiguration(new EndpointConfiguration(endpoint, "us-east-1"))
              .withCredentials(
                  new AWSStaticCredentialsProvider(new BasicAWSCredentials("test", "test")))
              .build();
      s3.createBucket("first");
      s3.putObject("first", "a/b c", "of 1");
      require(s3.getObjectAsString("first", "a/b c").equals("of 1"));
    }

    private static void require(boolean holds) {
      if (!holds) {
        throw new IllegalStateException("Not the stored content");
      }
    }
  }
}
