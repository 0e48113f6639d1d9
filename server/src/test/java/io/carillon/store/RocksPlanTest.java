package io.carillon.store;

import java.nio.file.Path;

final class RocksPlanTest extends PlanContract {
  @Override
  Database open(Path folder) {
    return RocksDatabase.open(folder);
  }
}
