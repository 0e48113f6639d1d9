package io.carillon.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.store.LosingDatabase.Lost;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// The contract holds while no outcome is lost; and what holds for a lost one.
final class LosingDatabaseTest extends DatabaseContract {
  @Override
  Database open(Path folder) {
    return new LosingDatabase(new MemoryDatabase(), new Random(1), 0);
  }

  @Override
  Database reopen(Database database, Path folder) {
    return database;
  }

  @ParameterizedTest
  @EnumSource
  void anUnknownOutcomeIsAllOrNothingAndUndoesMemory(Lost fate) {
    LosingDatabase losing = (LosingDatabase) database;
    List<String> ran = new ArrayList<>();
    losing.loseNext(fate);
    assertThatThrownBy(() -> putTwo(ran)).isInstanceOf(UnknownOutcomeException.class);
    assertThat(ran).containsExactly("undone last", "undone first");
    assertThat(names(Range.all()))
        .isEqualTo(fate == Lost.COMMITTED ? List.of("apple", "pear") : List.of());
    assertThat(losing.lost()).isEqualTo(1);
    ran.clear();
    putTwo(ran);
    assertThat(ran).containsExactly("committed");
    assertThat(names(Range.all())).containsExactly("apple", "pear");
  }

  private void putTwo(List<String> ran) {
    database.write(
        tx -> {
          tx.afterUndo(() -> ran.add("undone first"));
          put(tx, 1, "apple");
          tx.afterCommit(() -> ran.add("committed"));
          try {
            tx.withSavepoint(
                () -> {
                  put(tx, 3, "undone");
                  tx.afterUndo(() -> {}); // with its part
                  throw new IllegalStateException("the part failed");
                });
          } catch (IllegalStateException _) {
            put(tx, 2, "pear");
          }
          tx.afterUndo(() -> ran.add("undone last"));
          return 0;
        });
  }

  @ParameterizedTest
  @EnumSource
  void aChangeThatThrowsHasAKnownOutcome(Lost fate) {
    ((LosingDatabase) database).loseNext(fate);
    IllegalArgumentException thrown = new IllegalArgumentException("no");
    assertThatThrownBy(
            () ->
                database.write(
                    tx -> {
                      put(tx, 1, "apple");
                      throw thrown;
                    }))
        .isSameAs(thrown);
    assertThat(names(Range.all())).isEmpty();
  }

  @Test
  void aSeedDecidesWhichOutcomesAreLost() {
    List<Boolean> first = losses(7);
    assertThat(first).contains(true, false).isEqualTo(losses(7));
  }

  private static List<Boolean> losses(long seed) {
    List<Boolean> losses = new ArrayList<>();
    try (LosingDatabase losing = new LosingDatabase(new MemoryDatabase(), new Random(seed), 30)) {
      for (int i = 0; i < 100; i++) {
        int before = losing.lost();
        try {
          losing.writeRelaxed(_ -> 0);
        } catch (UnknownOutcomeException _) {
          assertThat(losing.lost()).isEqualTo(before + 1);
        }
        losses.add(losing.lost() > before);
      }
    }
    return losses;
  }
}
