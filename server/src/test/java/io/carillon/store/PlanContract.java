package io.carillon.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Plans and their application on every engine: the result is as if both had run in the
/// transaction.
abstract class PlanContract {
  record Rule(String text) {}

  private static final Table<String, Rule> BUCKETS =
      Table.cached("test.buckets", KeyCodec.STRING, Rule.class).guardedBy("test.bucket", 1);
  private static final Table<Tuple, Rule> RULES =
      Table.of("test.rules", KeyCodec.TUPLE, Rule.class).guardedBy("test.bucket", 1);
  private static final Table<String, Rule> OBJECTS =
      Table.of("test.objects", KeyCodec.STRING, Rule.class);
  private static final Table<String, Rule> CONTENTS =
      Table.of("test.contents", KeyCodec.STRING, Rule.class).unchanging();
  private static final Table<String, Rule> WRITTEN =
      Table.of("test.written", KeyCodec.STRING, Rule.class);

  @TempDir Path folder;
  private InterleavedDatabase database;

  abstract Database open(Path folder);

  @BeforeEach
  void openDatabase() {
    database = new InterleavedDatabase(open(folder));
    put(BUCKETS, "photos", "v1");
  }

  @AfterEach
  void closeDatabase() {
    database.close();
  }

  @Test
  void anUndisturbedPlanIsMadeOnce() {
    copyBucket();
    assertThat(written()).isEqualTo("v1");
    assertThat(database.plans()).isEqualTo(1);
  }

  @Test
  void aPlanIsMadeAgainWhereARowUnderItsGuardChanged() {
    database.betweenPlanAndApplication(() -> put(BUCKETS, "photos", "v2"));
    copyBucket();
    assertThat(written()).isEqualTo("v2");
    assertThat(database.plans()).isEqualTo(2);
  }

  @Test
  void aRowThatWasAddedUnderAGuardCountsAsAChange() {
    database.betweenPlanAndApplication(
        () ->
            database.write(
                tx -> {
                  RULES.put(tx, Tuple.of("photos", "a"), new Rule("new"));
                  return true;
                }));
    copyRules();
    assertThat(written()).isEqualTo("[new]");
    assertThat(database.plans()).isEqualTo(2);
  }

  @Test
  void rowsUnderOtherGuardsDoNotDisturb() {
    database.betweenPlanAndApplication(() -> put(BUCKETS, "letters", "v2"));
    copyBucket();
    assertThat(database.plans()).isEqualTo(1);
  }

  @Test
  void whatIsDeletedAndCreatedAgainIsAnother() {
    database.betweenPlanAndApplication(
        () -> {
          deleteBucket();
          put(BUCKETS, "photos", "v1");
        });
    copyBucket();
    assertThat(database.plans()).isEqualTo(2);
  }

  @Test
  void theEndOfAGroupCountsAsAChangeEvenIfTheGroupIsOlderThanGuards() {
    database.write(
        tx -> {
          Table.cached("test.buckets", KeyCodec.STRING, Rule.class)
              .put(tx, "old", new Rule("before guards"));
          return true;
        });
    database.betweenPlanAndApplication(
        () ->
            database.write(
                tx -> {
                  Table.cached("test.buckets", KeyCodec.STRING, Rule.class).delete(tx, "old");
                  BUCKETS.guard("old").retire(tx);
                  return true;
                }));
    database.change(
        snapshot -> BUCKETS.get(snapshot, "old").map(Rule::text).orElse("absent"),
        PlanContract::write);
    assertThat(written()).isEqualTo("absent");
  }

  @Test
  void aRetiredGuardLeavesNoRow() {
    deleteBucket();
    Table<Tuple, Guard.Version> guards =
        Table.of("store.guards", KeyCodec.TUPLE, Guard.Version.class);
    assertThat(database.<List<?>>read(snapshot -> guards.list(snapshot, Range.all(), 9))).isEmpty();
  }

  @Test
  void aRowWithoutAGuardIsComparedItself() {
    put(OBJECTS, "cat", "v1");
    database.betweenPlanAndApplication(() -> put(OBJECTS, "cat", "v2"));
    database.change(
        snapshot -> OBJECTS.get(snapshot, "cat").orElseThrow().text(), PlanContract::write);
    assertThat(written()).isEqualTo("v2");
    database.betweenPlanAndApplication(() -> put(OBJECTS, "dog", "v1"));
    database.change(
        snapshot -> String.valueOf(OBJECTS.get(snapshot, "dog").isPresent()), PlanContract::write);
    assertThat(written()).isEqualTo("true");
  }

  @Test
  void unchangingRowsAreNotCompared() {
    put(CONTENTS, "text", "v1");
    database.betweenPlanAndApplication(() -> put(CONTENTS, "text", "v2"));
    database.change(
        snapshot -> CONTENTS.get(snapshot, "text").orElseThrow().text(), PlanContract::write);
    assertThat(database.plans()).isEqualTo(1);
  }

  @Test
  void aPlanThatReliesOnAnotherReliesOnItsPremises() {
    Planned<String> seen = database.plan(s -> BUCKETS.get(s, "photos").orElseThrow().text());
    database.betweenPlanAndApplication(() -> put(BUCKETS, "photos", "v2"));
    database.change(snapshot -> String.valueOf(seen.holds(snapshot)), PlanContract::write);
    assertThat(written()).isEqualTo("false");
  }

  @Test
  void aPlanCannotScanRowsThatNoGuardStandsFor() {
    assertThatThrownBy(() -> database.plan(s -> OBJECTS.list(s, Range.all(), 1)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("no guard stands for");
    assertThatThrownBy(() -> database.plan(s -> RULES.list(s, Range.all(), 1)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("no guard stands for");
  }

  @Test
  void anApplicationCanAskForAnotherPlanAndIsUndoneFirst() {
    AtomicInteger runs = new AtomicInteger();
    database.change(
        _ -> "plan " + runs.incrementAndGet(),
        (tx, plan) -> {
          assertThat(WRITTEN.get(tx, "result")).isEmpty();
          write(tx, plan);
          if (plan.equals("plan 1")) {
            throw new StalePlanException("for this test");
          }
          return true;
        });
    assertThat(written()).isEqualTo("plan 2");
  }

  @Test
  void aPlanThatFailsChangesNothing() {
    assertThatThrownBy(
            () ->
                database.change(
                    _ -> {
                      throw new IllegalArgumentException("no");
                    },
                    PlanContract::write))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(database.<Boolean>read(s -> WRITTEN.get(s, "result").isEmpty())).isTrue();
  }

  @Test
  void theDatabaseIsRefusedWithinAPlanAndWithinATransaction() {
    Database.Query<Boolean> reading = _ -> database.read(_ -> true);
    assertThatThrownBy(() -> database.plan(reading))
        .hasMessage("The database was used within a plan: use its snapshot");
    assertThatThrownBy(() -> database.plan(_ -> database.write(_ -> true)))
        .hasMessage("The database was used within a plan: use its snapshot");
    assertThatThrownBy(() -> database.write(_ -> database.read(_ -> true)))
        .hasMessage("A read within a transaction: use its tx");
    assertThatThrownBy(() -> database.write(_ -> database.write(_ -> true)))
        .hasMessage("A write within a transaction: use its tx");
    assertThat(database.<Boolean>read(_ -> true)).isTrue();
  }

  private void copyBucket() {
    database.change(s -> BUCKETS.get(s, "photos").orElseThrow().text(), PlanContract::write);
  }

  private void copyRules() {
    database.change(
        s ->
            RULES.list(s, Range.within(Tuple.of("photos")), 9).stream()
                .map(rule -> rule.value().text())
                .toList()
                .toString(),
        PlanContract::write);
  }

  private static boolean write(Tx tx, String text) {
    WRITTEN.put(tx, "result", new Rule(text));
    return true;
  }

  private String written() {
    return database.read(s -> WRITTEN.get(s, "result").orElseThrow().text());
  }

  private void put(Table<String, Rule> table, String key, String text) {
    database.write(
        tx -> {
          table.put(tx, key, new Rule(text));
          return true;
        });
  }

  private void deleteBucket() {
    database.write(
        tx -> {
          BUCKETS.delete(tx, "photos");
          BUCKETS.guard("photos").retire(tx);
          return true;
        });
  }
}
