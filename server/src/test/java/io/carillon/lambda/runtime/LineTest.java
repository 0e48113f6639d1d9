package io.carillon.lambda.runtime;

import static io.carillon.lambda.runtime.RuntimeFixture.need;
import static io.carillon.lambda.runtime.RuntimeFixture.python;
import static io.carillon.lambda.runtime.RuntimeFixture.text;
import static io.carillon.lambda.runtime.RuntimeFixture.with;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.carillon.lambda.runtime.Environments.PendingInvocation;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Invocations that wait for an environment.
@Tag("slow")
@Timeout(60)
class LineTest {
  @TempDir Path folder;
  private RuntimeFixture fixture;
  private ServerSocket gate;

  @BeforeEach
  void open() throws IOException {
    fixture = new RuntimeFixture(folder, 128); // room for one environment
    gate = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    need(fixture.runtimes.missingFor("python3.11").isEmpty(), "Python");
  }

  @AfterEach
  void close() throws IOException {
    gate.close();
    fixture.close();
  }

  /// Connects to the gate and returns once that connection is closed.
  private FunctionSpec blocking(String name) throws IOException {
    return python(
        name,
        """
        import socket
        def handler(e, c):
            socket.create_connection(('127.0.0.1', %d)).recv(1)
            return 'done'
        """
            .formatted(gate.getLocalPort()));
  }

  private static FunctionSpec quick(String name) throws IOException {
    return python(name, "def handler(e, c):\n    return e\n");
  }

  private PendingInvocation begin(FunctionSpec function) {
    return fixture.environments.begin(function, fixture.invocation(function, "1"), 1000);
  }

  private PendingInvocation beginEvent(FunctionSpec function) {
    return fixture.environments.beginEvent(function, fixture.invocation(function, "1"), 1000);
  }

  @Test
  void invocationsWaitForMemoryAndGetItWhenAnotherFunctionIsIdle() throws Exception {
    PendingInvocation busy = begin(blocking("busy"));
    PendingInvocation called;
    PendingInvocation event;
    try (Socket _ = gate.accept()) {
      called = begin(quick("called"));
      event = beginEvent(quick("event"));
    }
    assertThat(text(busy.await())).isEqualTo("\"done\"");
    assertThat(text(called.await())).isEqualTo("1");
    assertThat(text(event.await())).isEqualTo("1");
    assertThat(fixture.environments.counts().memoryMb()).isEqualTo(128);
  }

  @Test
  void functionWithALineGivesWayToOneThatHasWaitedLonger() throws Exception {
    FunctionSpec steady = quick("steady");
    AtomicBoolean ended = new AtomicBoolean();
    List<Thread> callers = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      callers.add(
          Thread.startVirtualThread(
              () -> {
                while (!ended.get()) {
                  assertThat(text(awaitUnchecked(begin(steady)))).isEqualTo("1");
                }
              }));
    }
    await().until(() -> fixture.log.stream().anyMatch(line -> line.contains("steady REPORT")));
    assertThat(text(beginEvent(quick("other")).await())).isEqualTo("1");
    ended.set(true);
    for (Thread caller : callers) {
      caller.join();
    }
  }

  private static InvocationResult awaitUnchecked(PendingInvocation pending) {
    try {
      return pending.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void functionThatIsLargerThanAllMemoryIsThrottledAtOnce() throws Exception {
    FunctionSpec small = quick("large");
    FunctionSpec large = with(small, small.timeout(), 256, "1");
    assertThat(text(begin(large).await())).isEqualTo("throttled TOTAL");
    assertThat(text(beginEvent(large).await())).isEqualTo("throttled TOTAL");
  }

  @Test
  void atTheLimitOfEnvironmentsCallersAreThrottledAndEventsWait() throws Exception {
    fixture.close();
    fixture = new RuntimeFixture(folder.resolve("one"), true, 1);
    PendingInvocation busy = begin(blocking("busy"));
    PendingInvocation event;
    try (Socket _ = gate.accept()) {
      event = beginEvent(quick("event"));
      assertThat(text(begin(quick("called")).await())).isEqualTo("throttled TOTAL");
    }
    assertThat(text(event.await())).isEqualTo("1");
    assertThat(text(busy.await())).isEqualTo("\"done\"");
    assertThat(text(begin(quick("called")).await())).isEqualTo("1");
  }

  @Test
  void handlersThatBlockRunAtTheSameTime() throws Exception {
    fixture.close();
    fixture = new RuntimeFixture(folder.resolve("many"));
    FunctionSpec blocking = blocking("blocks");
    List<PendingInvocation> all =
        IntStream.range(0, 5).mapToObj(_ -> beginEvent(blocking)).toList();
    List<Socket> held = new ArrayList<>();
    for (int i = 0; i < all.size(); i++) {
      held.add(gate.accept()); // none has been answered yet
    }
    for (Socket one : held) {
      one.close();
    }
    for (PendingInvocation one : all) {
      assertThat(text(one.await())).isEqualTo("\"done\"");
    }
  }

  @Test
  void failedStartLeavesNoInvocationBehind() throws Exception {
    fixture.maxSessions = 0;
    FunctionSpec function = quick("unlucky");
    for (PendingInvocation one :
        List.of(begin(function), beginEvent(function), begin(function), beginEvent(function))) {
      assertThat(text(one.await()))
          .isEqualTo("unavailable No environment could be started: No more sessions");
    }
    fixture.maxSessions = Integer.MAX_VALUE;
    assertThat(text(begin(function).await())).isEqualTo("1");
  }

  @Test
  void invocationThatNobodyWaitsForDoesNotBegin() throws Exception {
    PendingInvocation busy = begin(blocking("busy"));
    FunctionSpec other = quick("other");
    try (Socket _ = gate.accept()) {
      PendingInvocation waiting =
          fixture.environments.beginEvent(other, fixture.invocation(other, "1"), 1);
      Thread.currentThread().interrupt();
      assertThatThrownBy(waiting::await).isInstanceOf(InterruptedException.class);
    }
    assertThat(text(busy.await())).isEqualTo("\"done\"");
    assertThat(text(fixture.environments.begin(other, fixture.invocation(other, "2"), 1).await()))
        .as("its concurrency of 1 is free again")
        .isEqualTo("2");
    assertThat(fixture.log).filteredOn(line -> line.contains("other START")).hasSizeLessThan(2);
  }

  @Test
  void shutdownEndsInvocationsThatWait() throws Exception {
    PendingInvocation busy = begin(blocking("busy"));
    try (Socket _ = gate.accept()) {
      PendingInvocation waiting = beginEvent(quick("other"));
      fixture.environments.close();
      assertThat(text(waiting.await())).isEqualTo("unavailable The server is shutting down");
      assertThat(text(busy.await())).contains("signal: killed");
    }
  }
}
