package io.carillon.kernel;

import io.carillon.aws.Authorizer;
import io.carillon.aws.Caller;
import io.carillon.aws.DirectPipeline;
import io.carillon.base.Ids;
import io.carillon.messaging.Acceptance;
import io.carillon.messaging.Recipient;
import io.carillon.outbox.Outbox;
import io.carillon.outbox.RecordingOutbox;
import io.carillon.policy.FewPrincipals;
import io.carillon.policy.KnownPrincipals;
import io.carillon.store.Blobs;
import io.carillon.store.Database;
import io.carillon.store.MemoryBlobs;
import io.carillon.store.RowNumbers;
import io.carillon.store.Tx;
import io.carillon.trace.Cause;
import io.carillon.trace.NotingTrace;
import io.carillon.trace.Trace;
import java.net.URI;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/// A kernel for tests of one service. What a test does not set allows everything and reaches
/// nobody.
public final class TestKernel {
  private final Database database;
  private final InstantSource clock;
  private Blobs blobs;
  private Outbox outbox = (RecordingOutbox) (_, work) -> unexpected("work " + work.kind());
  private Trace trace = new Unnoted();
  private Authorizer authorizer = DirectPipeline.letting(() -> true);
  private KnownPrincipals principals = new FewPrincipals();
  private Recipient recipients = (_, _) -> new Acceptance.Refused("nobody is here");
  private Function<Caller, Optional<Cause>> behind = _ -> Optional.empty();
  private double timeScale = 1;
  private long node = 1;

  public TestKernel(Database database, InstantSource clock) {
    this.database = database;
    this.clock = clock;
    this.blobs = new MemoryBlobs(database, clock);
  }

  public TestKernel with(Blobs other) {
    blobs = other;
    return this;
  }

  public TestKernel with(RecordingOutbox other) {
    outbox = other;
    return this;
  }

  public TestKernel with(Trace other) {
    trace = other;
    return this;
  }

  public TestKernel with(Authorizer other) {
    authorizer = other;
    return this;
  }

  public TestKernel with(KnownPrincipals other) {
    principals = other;
    return this;
  }

  public TestKernel sendingTo(Recipient other) {
    recipients = other;
    return this;
  }

  public TestKernel withTimeScale(double scale) {
    timeScale = scale;
    return this;
  }

  /// As one of several nodes over a database.
  public TestKernel onNode(long incarnation) {
    node = incarnation;
    return this;
  }

  public Kernel build() {
    return new Kernel(
        database,
        blobs,
        outbox,
        trace,
        new Ids(),
        new RowNumbers(node),
        clock,
        authorizer,
        principals,
        recipients,
        behind,
        () -> URI.create("http://localhost:4566"),
        timeScale);
  }

  /// Recipients by the service in the destination's ARN.
  public static Recipient recipients(Map<String, Recipient> byService) {
    return (snapshot, message) -> {
      Recipient recipient = byService.get(message.destination().service());
      return recipient == null
          ? new Acceptance.Refused("there is no such service")
          : recipient.accept(snapshot, message);
    };
  }

  private static void unexpected(String what) {
    throw new AssertionError("unexpected " + what);
  }

  private static final class Unnoted implements NotingTrace {
    @Override
    public void note(Tx tx, String cause, Step step, Map<String, String> details) {}

    @Override
    public String begin() {
      return "cause";
    }
  }
}
