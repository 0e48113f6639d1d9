package io.carillon.base;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

class MemoryBudgetTest {
  private static final Duration LONG = Duration.ofMinutes(1);

  @Test
  void aRequestWithoutRoomIsRefusedAfterTheMaximumWait() {
    MemoryBudget budget = new MemoryBudget(10, Duration.ofMillis(1));
    budget.take(10);
    assertThatThrownBy(() -> budget.take(1))
        .isInstanceOfSatisfying(
            MemoryBudgetExceededException.class, e -> assertThat(e.isPermanent()).isFalse());
    budget.release(1);
    budget.take(1);
    assertThat(budget.heldBytes()).isEqualTo(10);
  }

  @Test
  void aRequestAboveTheLimitIsRefusedAtOnceWithAdvice() {
    MemoryBudget budget = new MemoryBudget(10 << 20, LONG);
    assertThatThrownBy(() -> budget.take((10 << 20) + 1))
        .isInstanceOfSatisfying(
            MemoryBudgetExceededException.class, e -> assertThat(e.isPermanent()).isTrue())
        .hasMessageContaining("needs 11 MiB")
        .hasMessageContaining("the 10 MiB")
        .hasMessageContaining("CARILLON_JAVA_OPTIONS=-Xmx");
    assertThat(budget.heldBytes()).isZero();
  }

  @Test
  void waitingRequestsAreServedInOrderWhateverTheirSize() throws Exception {
    MemoryBudget budget = new MemoryBudget(10, LONG);
    budget.take(8);
    List<String> order = Collections.synchronizedList(new ArrayList<>());
    Thread large = waiting(budget, 10, "large", order);
    Thread small = waiting(budget, 1, "small", order);
    assertThat(budget.tryTake(1)).as("other threads wait").isFalse();
    budget.release(8);
    large.join();
    small.join();
    assertThat(order).containsExactly("large", "small");
    assertThat(budget.heldBytes()).isZero();
  }

  private static Thread waiting(MemoryBudget budget, long bytes, String name, List<String> order) {
    Thread thread =
        Thread.ofPlatform()
            .start(
                () -> {
                  budget.take(bytes);
                  order.add(name);
                  budget.release(bytes);
                });
    await().until(() -> thread.getState() == Thread.State.TIMED_WAITING);
    return thread;
  }

  @Test
  void theLimitIsNeverExceeded() throws Exception {
    MemoryBudget budget = new MemoryBudget(100, LONG);
    AtomicLong held = new AtomicLong();
    AtomicLong most = new AtomicLong();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      int bytes = 1 + i;
      threads.add(
          Thread.ofVirtual()
              .start(
                  () -> {
                    for (int times = 0; times < 100; times++) {
                      budget.take(bytes);
                      most.accumulateAndGet(held.addAndGet(bytes), Math::max);
                      LockSupport.parkNanos(1);
                      held.addAndGet(-bytes);
                      budget.release(bytes);
                    }
                  }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(most.get()).isBetween(50L, 100L);
    assertThat(budget.heldBytes()).isZero();
  }

  @Test
  void closingAReservationReleasesIt() throws Exception {
    MemoryBudget budget = new MemoryBudget(100, Duration.ZERO);
    try (Reservation reservation = new Reservation(budget)) {
      reservation.call(
          () -> {
            Reservation.current().take(20);
            Reservation.current().growTo(10);
            assertThat(budget.heldBytes()).isEqualTo(20);
            Reservation.current().growTo(50);
            assertThat(budget.heldBytes()).isEqualTo(50);
            Reservation.current().shrinkTo(30);
            assertThat(budget.heldBytes()).isEqualTo(30);
            assertThatThrownBy(() -> Reservation.current().take(71))
                .isInstanceOf(MemoryBudgetExceededException.class);
            return 0;
          });
      assertThat(budget.heldBytes()).isEqualTo(30);
    }
    assertThat(budget.heldBytes()).isZero();
    Reservation.current().take(1_000); // outside of a request
  }
}
