package io.carillon.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// File transfer tools, used as their manuals say: see `s3_tools.py`.
@Tag("full")
class ToolsTest {
  private static final Path SCRIPT =
      Carillon.ROOT.resolve("acceptance/src/test/python/s3_tools.py");

  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({
    "s3cmd, --version",
    "rclone, version",
    "s3fs, --version",
    "aws, --version",
    "boto3, ''"
  })
  void filesComeAndGo(String tool, String version) throws Exception {
    Requirements.program("python3", "-c", "import boto3");
    if (!version.isEmpty()) {
      Requirements.program(tool, version);
    }
    if (tool.equals(
        "s3fs")) { // the server's RealClientsTest sends what it sends where it cannot run
      Assumptions.assumeTrue(Files.isWritable(Path.of("/dev/fuse")), "needs /dev/fuse");
      Requirements.program("fusermount", "--version");
    }
    try (Carillon server = Carillon.start(folder)) {
      FinishedProcess ran =
          FinishedProcess.of(
              List.of("python3", SCRIPT.toString(), tool), server.environment(), folder);
      assertThat(ran.exit()).as(ran.output()).isZero();
    }
  }
}
