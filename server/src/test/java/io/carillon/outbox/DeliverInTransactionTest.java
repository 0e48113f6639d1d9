package io.carillon.outbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/// Work that the adding transaction delivers, see [Delivery#deliverInTransaction].
final class DeliverInTransactionTest extends DispatcherFixture {
  @Test
  void localDeliveriesCommitWithTheTransactionThatAddsThem() {
    Scripted delivery = run(new Scripted(_ -> DeliveryOutcome.done()));
    delivery.inTransaction = work -> Optional.of(tx -> effect(tx, work.cause()));
    database.reset();
    add("lane", "x");
    addAndRollBack("lane", "y");
    assertThat(effects()).containsExactly("x");
    assertThat(database.written()).isEqualTo(2);
    assertThat(depth()).isZero();
    assertThat(delivery.attempts).isEmpty();
  }

  @Test
  void largeTransactionsDeliverNothing() {
    Scripted delivery = run(new Scripted(job -> done(job.id())));
    delivery.inTransaction = work -> Optional.of(tx -> effect(tx, work.cause()));
    database.write(
        tx -> {
          for (int i = 0; i < TableOutbox.MAX_CHANGES_FOR_DELIVERY + 10; i++) {
            outbox.add(tx, work("lane", "x" + i));
          }
          return 0;
        });
    awaitEmpty();
    assertThat(delivery.attempts).hasSize(10);
  }

  @Test
  void workDueLaterIsNotDeliveredInTheTransaction() {
    Scripted delivery = run(new Scripted(_ -> DeliveryOutcome.done()));
    delivery.inTransaction = work -> Optional.of(tx -> effect(tx, work.cause()));
    add(new Work("kind", "lane", clock.instant().plusSeconds(1), new byte[0], "x"));
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
      database.write(
          tx -> {
            effect(tx, cause);
            outbox.add(tx, work("lane", cause));
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
}
