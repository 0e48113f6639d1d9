package io.carillon.s3.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.base.AccountId;
import io.carillon.base.Region;
import io.carillon.store.Database;
import io.carillon.store.RepeatingDatabase;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class BucketLimitTest {
  private final Database database = RepeatingDatabase.inMemory();
  private final Buckets buckets = new Buckets();

  @Test
  void accountsAreLimitedToTenThousandBuckets() {
    create("111111111111", 0, 9_999);
    create("222222222222", 10_000, 1);
    assertThat(isFull()).isFalse();

    create("111111111111", 20_000, 1);

    assertThat(isFull()).isTrue();
  }

  private boolean isFull() {
    return database.read(snapshot -> buckets.isFull(snapshot, "111111111111"));
  }

  private void create(String account, int from, int count) {
    database.write(
        tx -> {
          for (int i = from; i < from + count; i++) {
            buckets.put(
                tx,
                Bucket.of(
                    new AccountId(account),
                    "bucket-" + i,
                    new Region("eu-central-1"),
                    Instant.EPOCH));
          }
          return count;
        });
  }
}
