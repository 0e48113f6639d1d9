package io.carillon.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.SqsException;

/// A disk that fills up: the server turns read-only before it uses its reserve, keeps everything
/// acknowledged readable, and continues by itself once there is space.
class FullDiskTest {
  private static final int MIB = 1 << 20;

  /// The store's reserve, and the space beside it.
  private static final int DISK = (256 + 40) * MIB;

  private static final String BUCKET = "full";

  @TempDir Path folder;

  @Test
  void aFullDiskTurnsTheServerReadOnlyUntilThereIsSpace() throws Exception {
    Path data = Files.createDirectories(folder.toRealPath().resolve("data"));
    List<String> onSmallDisk = onDiskOf(DISK, data);
    try (Carillon server =
            Carillon.start(folder.toRealPath(), Map.of(), onSmallDisk, "--sandbox", "off");
        S3Client s3 = Clients.root(server).s3();
        SqsClient sqs = Clients.root(server).sqs()) {
      Path ballast = inside(server, data).resolve("ballast");
      Files.write(ballast, new byte[12 * MIB]);
      s3.createBucket(r -> r.bucket(BUCKET));

      // Larger than the free space: the upload fails midway and does not use the reserve.
      assertThatThrownBy(() -> put(s3, "huge", new byte[64 * MIB]))
          .isInstanceOf(SdkException.class);

      int acknowledged = fill(s3);
      assertThat(acknowledged).isPositive();
      // Bodies are refused first; the space that is too small for a body still suffices for rows.
      Files.write(ballast, new byte[2 * MIB], StandardOpenOption.APPEND);
      assertThatThrownBy(() -> sqs.createQueue(r -> r.queueName("q")))
          .isInstanceOfSatisfying(
              SqsException.class, e -> assertThat(e.statusCode()).isEqualTo(503));
      for (int i = 0; i < acknowledged; i++) {
        String key = "k" + i;
        assertThat(s3.getObjectAsBytes(r -> r.bucket(BUCKET).key(key)).asByteArrayUnsafe())
            .isEqualTo(body(i));
      }

      Files.delete(ballast);
      put(s3, "after", body(1));
      assertThat(sqs.createQueue(r -> r.queueName("q")).queueUrl()).endsWith("/q");
    }
  }

  /// One line that says what to do, however small the disk.
  @Test
  void aDiskTooSmallForAStartIsReportedInOneLine() throws Exception {
    Path data = Files.createDirectories(folder.toRealPath().resolve("data"));
    for (int disk : new int[] {4 << 10, 64 << 10, MIB, 100 * MIB}) {
      List<String> command = new ArrayList<>(onDiskOf(disk, data));
      command.addAll(
          List.of(Carillon.ROOT.resolve("carillon").toString(), "start", "--port", "0", "--data"));
      command.add(data.toString());
      FinishedProcess start = FinishedProcess.of(command, Map.of(), folder);
      assertThat(start.exit()).as("%d bytes: %s", disk, start.output()).isEqualTo(1);
      assertThat(start.output().lines().toList())
          .as("%d bytes", disk)
          .singleElement()
          .asString()
          .matches("carillon: The (disk|data folder|store).*")
          .contains(data.toString(), "--data FOLDER");
    }
  }

  /// A command line prefix; the command after it sees a disk of its own at `place`.
  private static List<String> onDiskOf(int bytes, Path place) {
    List<String> command =
        List.of(
            "bwrap",
            "--die-with-parent",
            "--dev-bind",
            "/",
            "/",
            "--size",
            String.valueOf(bytes),
            "--tmpfs",
            place.toString());
    Requirements.program(Stream.concat(command.stream(), Stream.of("true")).toArray(String[]::new));
    return command;
  }

  /// @return how many objects were acknowledged before one was refused
  private static int fill(S3Client s3) {
    for (int i = 0; ; i++) {
      try {
        put(s3, "k" + i, body(i));
      } catch (S3Exception e) {
        assertThat(e.statusCode()).isEqualTo(503);
        return i;
      }
      assertThat(i).isLessThan(DISK / MIB);
    }
  }

  private static void put(S3Client s3, String key, byte[] body) {
    s3.putObject(r -> r.bucket(BUCKET).key(key), RequestBody.fromBytes(body));
  }

  private static byte[] body(int number) {
    byte[] body = new byte[MIB];
    Arrays.fill(body, (byte) number);
    return body;
  }

  /// The folder in the server's mount namespace.
  private static Path inside(Carillon server, Path folder) {
    long process =
        ProcessHandle.of(server.pid()).orElseThrow().descendants().findFirst().orElseThrow().pid();
    return Path.of("/proc/" + process + "/root" + folder);
  }
}
