package io.carillon.store;

final class MemoryQueueTest extends DueQueueContract {
  MemoryQueueTest() {
    super(new MemoryDatabase());
  }
}
