package io.carillon.lambda.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Every environment of a machine has its own user id, whichever server started it.
class UserIdsTest {
  @TempDir Path folder;

  private static Machine root(Path claims) {
    return new Machine(0, "", new HardLimits(1, 1), claims, Duration.ZERO);
  }

  @Test
  void serversOnOneMachineNeverShareAUserId() throws IOException {
    try (UserIds one = new UserIds(root(folder.resolve("ids")), 7);
        UserIds other = new UserIds(root(folder.resolve("ids")), 7)) {
      Set<Integer> all = new HashSet<>();
      for (int i = 0; i < 100; i++) {
        assertThat(all.add(one.take())).isTrue();
        assertThat(all.add(other.take())).isTrue();
      }
      assertThat(all).allMatch(ProcessExecutor::isFunctionUid);
      assertThat(all).doesNotContain(0, 1000, 65_534);
    }
  }

  @Test
  void freedIdsAndIdsOfAClosedServerAreReused() throws IOException {
    UserIds one = new UserIds(root(folder), 3);
    int first = one.take();
    int second = one.take();
    one.free(first);
    assertThat(one.take()).isEqualTo(first).isNotEqualTo(second);
    one.close();
    try (UserIds next = new UserIds(root(folder), 3)) {
      assertThat(next.take()).isEqualTo(first);
    }
  }

  @Test
  void exhaustedUserIdsAreReported() throws IOException {
    try (UserIds one = new UserIds(root(folder), 0);
        UserIds other = new UserIds(root(folder), 49)) {
      int last = one.take();
      for (int i = 1; i < 2_000; i++) {
        last = one.take();
      }
      assertThatThrownBy(one::take)
          .hasMessageContaining("58000 to 59999")
          .isInstanceOf(IOException.class);
      assertThatThrownBy(other::take).isInstanceOf(IOException.class);
      one.free(last);
      assertThat(one.take()).isEqualTo(last);
    }
  }

  /// `flock` of util-linux stands for another server.
  @Test
  void claimIsReleasedWhenItsProcessDies() throws Exception {
    Path program = Path.of("/usr/bin/flock");
    RuntimeFixture.need(Files.isExecutable(program), "flock");
    Path file = Files.createFile(folder.resolve("0"));
    Process other =
        new ProcessBuilder(program.toString(), "-o", file.toString(), "-c", "echo held; sleep 60")
            .start();
    List<ProcessHandle> below;
    try {
      assertThat(other.inputReader().readLine()).isEqualTo("held");
      assertThat(ProcessFileLock.of(file)).isEmpty();
      below = other.descendants().toList();
    } finally {
      other.destroyForcibly().waitFor(); // kill -9
    }
    Optional<ProcessFileLock> claim = ProcessFileLock.of(file);
    assertThat(claim).isPresent();
    claim.get().close();
    below.forEach(ProcessHandle::destroyForcibly);
  }

  @Test
  void otherUserIdsAreNotFunctions() {
    assertThat(List.of(0, 1000, 57_999, 60_000, 65_534, -1))
        .noneMatch(ProcessExecutor::isFunctionUid);
  }
}
