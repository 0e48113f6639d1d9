package io.carillon.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.iam.IamClient;
import software.amazon.awssdk.services.lambda.LambdaClient;
import software.amazon.awssdk.services.lambda.model.ServiceException;

/// Whole servers whose bwrap fails, disappears, is switched off or has low limits: a function runs
/// in the sandbox or not at all, and clients, banner and `doctor` report why. `SandboxFailureTest`
/// covers single environments, also as an ordinary user.
@Tag("full")
class SandboxTest {
  private static final String FAILS = "echo 'bwrap: No permissions to create a namespace'; exit 1";

  @TempDir Path folder;
  private Path bin;

  @BeforeEach
  void requirePrograms() throws IOException {
    Requirements.program("bwrap", "--version");
    Requirements.program("/usr/bin/python3", "--version");
    bin = Files.createDirectory(folder.resolve("bin"));
  }

  /// Installs a fake bwrap in front of the real one.
  private void bwrap(String script) throws IOException {
    Path fake = Files.writeString(bin.resolve("bwrap"), "#!/bin/sh\n" + script + "\n");
    Files.setPosixFilePermissions(fake, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private Map<String, String> fakeFirst() {
    return Map.of("PATH", bin + ":" + System.getenv("PATH"));
  }

  private static void create(Carillon server, LambdaClient lambda) throws IOException {
    try (IamClient iam = Clients.root(server).iam()) {
      String trust = Functions.trust("lambda.amazonaws.com");
      String role =
          iam.createRole(r -> r.roleName("runs").assumeRolePolicyDocument(trust)).role().arn();
      Functions.create(
          lambda,
          "who",
          role,
          "secret = '/etc/shadow'",
          "return [os.getcwd(), os.getuid() == 0, os.access(secret, os.R_OK)]");
    }
  }

  private static String invoke(LambdaClient lambda) {
    return lambda.invoke(r -> r.functionName("who")).payload().asUtf8String();
  }

  private static String doctor(Carillon server) throws IOException, InterruptedException {
    return server.admin("doctor");
  }

  @Test
  void whileBwrapFailsFunctionsAreRefusedWithItsMessage() throws Exception {
    String reason = "does not work here: bwrap: No permissions to create a namespace";
    bwrap(FAILS);
    try (Carillon server = Carillon.start(folder, fakeFirst());
        LambdaClient lambda = Clients.root(server).lambda()) {
      assertThat(server.banner()).contains("FUNCTIONS DO NOT RUN").contains(reason);
      create(server, lambda);
      assertThatThrownBy(() -> invoke(lambda))
          .isInstanceOf(ServiceException.class)
          .hasMessageContaining(reason);
      assertThat(doctor(server)).contains("FUNCTIONS DO NOT RUN").contains(reason);

      bwrap("exec " + Requirements.path("bwrap") + " \"$@\"");
      assertThat(invoke(lambda)).isEqualTo("[\"/var/task\", false, false]");
      assertThat(doctor(server)).contains("Functions run in bubblewrap sandboxes");
    }
  }

  @Test
  void underLowLimitsFunctionsRunInTheSandbox() throws Exception {
    List<String> low = List.of("prlimit", "--nofile=1000:1000", "--nproc=900:900", "--");
    try (Carillon server = Carillon.start(folder, Map.of(), low);
        LambdaClient lambda = Clients.root(server).lambda()) {
      create(server, lambda);
      assertThat(invoke(lambda)).isEqualTo("[\"/var/task\", false, false]");
    }
  }

  @Test
  void withTheSandboxOffNoFunctionIsRoot() throws Exception {
    try (Carillon server = Carillon.start(folder, "--sandbox", "off");
        LambdaClient lambda = Clients.root(server).lambda()) {
      assertThat(server.banner()).contains("FUNCTIONS ARE NOT SANDBOXED (--sandbox off)");
      create(server, lambda);
      assertThat(invoke(lambda)).endsWith("false, false]");
    }
  }

  @Test
  void serversThatRequireASandboxDoNotStartWithoutOne() throws Exception {
    bwrap(FAILS);
    assertThatThrownBy(() -> Carillon.start(folder, fakeFirst(), "--sandbox", "required").close())
        .hasMessageContaining("Functions cannot be sandboxed here: bubblewrap")
        .hasMessageContaining("bwrap: No permissions to create a namespace");
  }
}
