package io.carillon.aws.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.aws.Clients;
import io.carillon.aws.Operations;
import io.carillon.aws.Specs;
import io.carillon.http.HttpEngine;
import io.carillon.http.Limits;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import software.amazon.awssdk.core.SdkPojo;

/// Requests of boto3 with every member are decoded completely (an unknown member would be
/// rejected), and boto3 can read the responses: over a socket, with botocore's own models of the
/// protocols.
@Tag("slow")
class Boto3Test {
  @TempDir Path folder;

  /// Operations that the script cannot send, by service.
  private static final Map<String, Set<String>> UNSENDABLE =
      Map.of(
          "events",
          Set.of("PutEvents"), // an EndpointId needs another library to sign
          "s3",
          // of S3 Express; older than a field that the SDK has dropped; with a malformed date
          Set.of("ListDirectoryBuckets", "PutBucketNotification", "HeadObject"));

  private final Samples samples = new Samples(Map.of(), Set.of());

  private Operations everything(String service) {
    Operations operations = Operations.of(Specs.of(service));
    for (Model.Entry entry : Model.of(Specs.of(service))) {
      Class<?> output = Marshallers.outputClass(service, entry);
      operations.open(
          Marshallers.inputClass(service, entry).asSubclass(SdkPojo.class),
          "a test of the codec",
          (_, _) -> samples.of(output));
    }
    return operations;
  }

  @ParameterizedTest
  @MethodSource("io.carillon.aws.Specs#names")
  void everyOperationIsDecoded(String service) throws IOException, InterruptedException {
    String skip = String.join(";", UNSENDABLE.getOrDefault(service, Set.of()));
    int least = Model.of(Specs.of(service)).size() * 7 / 10; // boto3 may be older than the SDK
    Path script = copy("every_operation.py");
    try (HttpEngine engine =
        HttpEngine.start(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
            Limits.standard(),
            Clients.pipeline(everything(service)))) {
      List<String> lines = run(script, "http://localhost:" + engine.port(), service, skip);
      assertThat(lines).hasSize(1);
      assertThat(Integer.parseInt(lines.getFirst().split(" ", -1)[1])).isGreaterThan(least);
    }
  }

  /// S3's shapes declare their required members.
  static List<String> withListsOfRequiredMembers() {
    return Specs.namesExcept("s3");
  }

  /// After an upgrade: run `required_members.py` to regenerate the lists, and review the
  /// difference.
  @ParameterizedTest
  @MethodSource("withListsOfRequiredMembers")
  void requiredMembersAreThoseOfBotocore(String service) throws IOException, InterruptedException {
    Path operations = copy("/io/carillon/" + service + "/" + service + ".operations");
    List<String> required = run(copy("required_members.py"), service, operations.toString());
    Map<String, Set<String>> theirs = new HashMap<>();
    Map<String, Set<String>> ours = new HashMap<>();
    RequiredMembers list = RequiredMembers.of(Specs.of(service));
    for (String line : required) {
      String[] column = line.split("\t", -1);
      Set<String> members = list.in(column[0]);
      if (!members.isEmpty()) { // a structure in both models
        theirs.put(column[0], Set.of(column[1].split(",")));
        ours.put(column[0], members);
      }
    }
    assertThat(ours).isEqualTo(theirs).hasSizeGreaterThan(5);
  }

  private Path copy(String resource) throws IOException {
    Path file = folder.resolve(resource.substring(resource.lastIndexOf('/') + 1));
    try (var in = Boto3Test.class.getResourceAsStream(resource)) {
      Files.write(file, in.readAllBytes());
    }
    return file;
  }

  private List<String> run(Path script, String... arguments)
      throws IOException, InterruptedException {
    Path output = folder.resolve("output");
    ProcessBuilder python = new ProcessBuilder("python3.11", script.toString());
    python.command().addAll(List.of(arguments));
    Process process;
    try {
      process = python.redirectErrorStream(true).redirectOutput(output.toFile()).start();
    } catch (IOException e) {
      Assumptions.abort("no python3.11: " + e.getMessage());
      throw e;
    }
    try {
      assertThat(process.waitFor(300, TimeUnit.SECONDS)).isTrue();
    } finally {
      process.destroyForcibly();
    }
    return Files.readAllLines(output, StandardCharsets.UTF_8);
  }
}
