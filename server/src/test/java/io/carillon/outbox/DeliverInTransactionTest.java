package io.carillon.outbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.store.InterleavedDatabase;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// Work that the transaction of its cause delivers, see [Delivery#plan].
final class DeliverInTransactionTest extends DispatcherFixture {
  @Test
  void localDeliveriesCommitWithTheTransactionThatAddsThem() {
    Scripted delivery = run(new Scripted(_ -> DeliveryOutcome.done()));
    delivery.inTransaction = work -> Optional.of(tx -> effect(tx, work.cause()));
    database.reset();
    plan(work("lane", "x"));
    assertThatThrownBy(
            () ->
                database.change(
                    snapshot -> outbox.plan(snapshot, work("lane", "y")),
                    (tx, effect) -> {
                      effect.accept(tx);
                      throw new IllegalStateException("no");
                    }))
        .hasMessage("no");
    assertThat(effects()).containsExactly("x");
    assertThat(database.written()).isEqualTo(2);
    assertThat(depth()).isZero();
    assertThat(delivery.attempts).isEmpty();
  }

  @Test
  void largeTransactionsDeliverNothing() {
    Scripted delivery = run(new Scripted(job -> done(job.id())));
    delivery.inTransaction = work -> Optional.of(tx -> effect(tx, work.cause()));
    database.change(
        snapshot ->
            IntStream.range(0, TableOutbox.MAX_CHANGES_FOR_DELIVERY + 10)
                .mapToObj(i -> outbox.plan(snapshot, work("lane", "x" + i)))
                .toList(),
        (tx, effects) -> {
          effects.forEach(effect -> effect.accept(tx));
          return 0;
        });
    awaitEmpty();
    assertThat(delivery.attempts).hasSize(10);
  }

  @Test
  void workDueLaterIsNotDeliveredInTheTransaction() {
    Scripted delivery = run(new Scripted(_ -> DeliveryOutcome.done()));
    delivery.inTransaction = work -> Optional.of(tx -> effect(tx, work.cause()));
    plan(new Work("kind", "lane", clock.instant().plusSeconds(1), new byte[0], "x"));
    assertThat(depth()).isOne();
    assertThat(effects()).isEmpty();
  }

  @Test
  void failedLocalDeliveriesBecomeJobsAndTheTransactionCommits() {
    Scripted delivery = run(new Scripted(job -> done(job.work().cause() + " tried")));
    delivery.inTransaction =
        work ->
            switch (work.cause()) {
              case "no" -> Optional.empty();
              case "asking fails" -> throw new IllegalStateException(work.cause());
              default ->
                  Optional.of(
                      tx -> {
                        effect(tx, "half an effect");
                        throw new IllegalStateException(work.cause());
                      });
            };
    for (String cause : List.of("no", "asking fails", "the effect fails")) {
      database.change(
          snapshot -> outbox.plan(snapshot, work("lane", cause)),
          (tx, effect) -> {
            effect(tx, cause);
            effect.accept(tx);
            return 0;
          });
    }
    awaitEmpty();
    assertThat(effects())
        .containsExactlyInAnyOrder(
            "no", "no tried",
            "asking fails", "asking fails tried",
            "the effect fails", "the effect fails tried");
    assertThat(delivery.attempts).hasSize(3);
  }

  @Test
  void anAttemptThatIsPlannedIsPlannedAgainWhereItsRowsChanged() {
    InterleavedDatabase interleaved = new InterleavedDatabase(database);
    Scripted delivery =
        new Scripted(
            job ->
                new DeliveryOutcome.Local(
                    snapshot ->
                        EFFECTS.get(snapshot, "closed").isPresent()
                            ? new DeliveryOutcome.Rejected("closed")
                            : done(job.work().cause())));
    run(
        new Dispatcher(
            interleaved,
            outbox,
            Map.of("kind", delivery),
            () -> 0L,
            (tx, _, failure) -> tx.afterCommit(() -> failures.add(failure)),
            Dispatcher.Settings.usual()));
    add("lane", "first");
    awaitEmpty();
    assertThat(effects()).containsExactly("first");

    interleaved.betweenPlanAndSettling(
        () ->
            database.write(
                tx -> {
                  effect(tx, "closed");
                  return 0;
                }));
    add("lane", "second");
    awaitEmpty();
    assertThat(effects()).containsExactly("closed", "first");
    assertThat(deadLetterReasons()).containsExactly("closed");
  }

  private void plan(Work work) {
    database.change(
        snapshot -> outbox.plan(snapshot, work),
        (tx, effect) -> {
          effect.accept(tx);
          return 0;
        });
  }
}
