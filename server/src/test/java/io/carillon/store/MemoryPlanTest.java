package io.carillon.store;

import java.nio.file.Path;

final class MemoryPlanTest extends PlanContract {
  @Override
  Database open(Path folder) {
    return new MemoryDatabase();
  }
}
