package io.carillon.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.lambda.DeploymentPackage;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.iam.IamClient;
import software.amazon.awssdk.services.lambda.LambdaClient;
import software.amazon.awssdk.services.lambda.model.InvalidParameterValueException;

/// `--deprecated-runtimes` of a whole server: `run` accepts runtimes that AWS has ended; `refuse`
/// refuses to create or change functions with one, and leaves existing functions alone. Source:
/// https://docs.aws.amazon.com/lambda/latest/dg/runtime-support-policy.html
class DeprecatedRuntimesTest {
  private static final SdkBytes CODE =
      SdkBytes.fromByteArray(
          DeploymentPackage.of("index.py", "def handler(e, c):\n    return 1\n"));

  private static final String TRUST =
      "{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Allow\",\"Principal\":"
          + "{\"Service\":\"lambda.amazonaws.com\"},\"Action\":\"sts:AssumeRole\"}}";

  @TempDir Path data;

  private Server start(String deprecated) throws Exception {
    Map<String, String> flags =
        Map.of(
            "data",
            data.toString(),
            "port",
            "0",
            "sandbox",
            "off",
            "deprecated-runtimes",
            deprecated);
    return Server.start(Config.of(Settings.resolve(flags, Map.of(), Optional.empty())));
  }

  private static LambdaClient lambda(Server server) {
    return LambdaClient.builder()
        .httpClient(UrlConnectionHttpClient.create())
        .endpointOverride(server.endpoint())
        .region(Region.US_EAST_1)
        .credentialsProvider(
            StaticCredentialsProvider.create(AwsBasicCredentials.create("test", "test")))
        .build();
  }

  private static void create(LambdaClient lambda, String name, String runtime) {
    lambda.createFunction(
        r ->
            r.functionName(name)
                .runtime(runtime)
                .handler("index.handler")
                .role("arn:aws:iam::000000000000:role/r")
                .code(c -> c.zipFile(CODE)));
  }

  private static void assertRefused(ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOf(InvalidParameterValueException.class)
        .hasMessageContaining("The runtime parameter of python3.6 is no longer supported");
  }

  @Test
  void existingFunctionsStayButCannotBeChanged() throws Exception {
    try (Server server = start("run");
        LambdaClient lambda = lambda(server);
        IamClient iam =
            IamClient.builder()
                .httpClient(UrlConnectionHttpClient.create())
                .endpointOverride(server.endpoint())
                .region(Region.US_EAST_1)
                .credentialsProvider(
                    StaticCredentialsProvider.create(AwsBasicCredentials.create("test", "test")))
                .build()) {
      iam.createRole(r -> r.roleName("r").assumeRolePolicyDocument(TRUST));
      create(lambda, "old", "python3.6");
    }
    try (Server server = start("refuse");
        LambdaClient lambda = lambda(server)) {
      assertRefused(() -> create(lambda, "older", "python3.6"));
      assertRefused(() -> lambda.updateFunctionCode(r -> r.functionName("old").zipFile(CODE)));
      assertRefused(
          () -> lambda.updateFunctionConfiguration(r -> r.functionName("old").timeout(9)));
      assertThat(lambda.listFunctions().functions()).hasSize(1);
      assertThat(lambda.getFunction(r -> r.functionName("old")).configuration().timeout())
          .isEqualTo(3);
      assertThat(lambda.publishVersion(r -> r.functionName("old")).version()).isEqualTo("1");
      lambda.updateFunctionConfiguration(r -> r.functionName("old").runtime("python3.13"));
    }
  }
}
