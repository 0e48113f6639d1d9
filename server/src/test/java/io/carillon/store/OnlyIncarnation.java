package io.carillon.store;

/// An incarnation beside which no other lives, for tests that start one after another.
public record OnlyIncarnation(long current) implements Incarnations {
  @Override
  public boolean hasEnded(Snapshot snapshot, long incarnation) {
    return incarnation != current;
  }

  @Override
  public void requireLiving(Tx tx) {}
}
