package io.carillon.sns;

import io.carillon.base.AccountId;
import io.carillon.base.Arn;
import io.carillon.base.Region;
import io.carillon.store.KeyCodec;
import io.carillon.store.Range;
import io.carillon.store.Snapshot;
import io.carillon.store.Table;
import io.carillon.store.Tuple;
import io.carillon.store.Tx;
import java.util.List;
import java.util.Optional;

/// The topics of all accounts and regions.
final class Topics {
  private static final Table<Tuple, Topic> TABLE =
      Table.of("sns.topics", KeyCodec.TUPLE, Topic.class).guardedBy("sns.topic", 3);

  Optional<Topic> find(Snapshot snapshot, Arn arn) {
    return TABLE.get(snapshot, key(arn));
  }

  /// The topic of this name, if it still has this id.
  Optional<Topic> find(Snapshot snapshot, Arn arn, String id) {
    return find(snapshot, arn).filter(topic -> topic.id().equals(id));
  }

  /// @throws io.carillon.aws.AwsException NotFound
  Topic require(Snapshot snapshot, Arn arn) {
    return find(snapshot, arn)
        .orElseThrow(() -> SnsError.NOT_FOUND.because("Topic does not exist"));
  }

  void put(Tx tx, Topic topic) {
    TABLE.put(tx, key(topic.arn()), topic);
  }

  void delete(Tx tx, Topic topic) {
    TABLE.delete(tx, key(topic.arn()));
    TABLE.guard(key(topic.arn())).retire(tx);
  }

  /// Topics in order of their names, after the one named `after`.
  List<Topic> list(Snapshot snapshot, AccountId account, Region region, String after, int limit) {
    Tuple parent = Tuple.of(account.value(), region.name());
    Range range = Range.within(parent).after(Tuple.of(account.value(), region.name(), after));
    return TABLE.list(snapshot, range, limit).stream().map(Table.Entry::value).toList();
  }

  private static Tuple key(Arn arn) {
    return Tuple.of(arn.account(), arn.region(), arn.resource());
  }
}
