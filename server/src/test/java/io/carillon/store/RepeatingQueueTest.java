package io.carillon.store;

final class RepeatingQueueTest extends DueQueueContract {
  RepeatingQueueTest() {
    super(RepeatingDatabase.inMemory());
  }
}
