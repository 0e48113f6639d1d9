package io.carillon.s3;

import io.carillon.aws.RealClient;
import io.carillon.server.InMemoryServer;
import io.carillon.server.Server;
import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// S3 through boto3, the AWS CLI and curl, over a socket. The scripts under `resources/s3` expect
/// AWS's documented behaviour and name their sources; each uses its own buckets.
@Tag("slow")
class RealClientsTest {
  private static Server server;

  @BeforeAll
  static void start() throws IOException {
    server = InMemoryServer.start();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"presigned.py", "post_object.py", "s3fs.py", "regions.py"})
  void realClientScriptsPass(String script) throws Exception {
    RealClient.runScript(server, "/s3/" + script);
  }
}
