package io.carillon.sns;

import io.carillon.aws.Caller;
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
import java.util.function.Predicate;

/// The topics of all accounts and regions.
final class Topics {
  private static final Table<Tuple, Topic> TABLE =
      Table.of("sns.topics", KeyCodec.TUPLE, Topic.class);

  private final Predicate<String> knownAccount;

  /// @param knownAccount whether an account is one of this server's
  Topics(Predicate<String> knownAccount) {
    this.knownAccount = knownAccount;
  }

  Optional<Topic> find(Snapshot snapshot, Arn arn) {
    return TABLE.get(snapshot, key(arn));
  }

  /// The topic that bears this name now, if it is still the one with this id.
  Optional<Topic> find(Snapshot snapshot, Arn arn, String id) {
    return find(snapshot, arn).filter(topic -> topic.id().equals(id));
  }

  /// @throws io.carillon.aws.AwsException NotFound; scripts written for another account learn which
  ///   account they speak to and how to change that
  Topic require(Snapshot snapshot, Arn arn) {
    return find(snapshot, arn)
        .orElseThrow(
            () ->
                knownAccount.test(arn.account())
                    ? SnsError.NOT_FOUND.because("Topic does not exist")
                    : SnsError.NOT_FOUND.because(unknownAccount(arn)));
  }

  void put(Tx tx, Topic topic) {
    TABLE.put(tx, key(topic.arn()), topic);
  }

  void delete(Tx tx, Topic topic) {
    TABLE.delete(tx, key(topic.arn()));
  }

  /// Topics in order of their names, behind the one named `after`.
  List<Topic> list(Snapshot snapshot, AccountId account, Region region, String after, int limit) {
    Tuple parent = Tuple.of(account.value(), region.name());
    Range range = Range.within(parent).after(Tuple.of(account.value(), region.name(), after));
    return TABLE.list(snapshot, range, limit).stream().map(Table.Entry::value).toList();
  }

  private static String unknownAccount(Arn arn) {
    return "Topic does not exist: "
        + arn
        + " names account "
        + arn.account()
        + ", which this server does not have. Your account here is "
        + Caller.current().account()
        + "; start the server with --account-id "
        + arn.account()
        + " to give it the one that the ARN names.";
  }

  private static Tuple key(Arn arn) {
    return Tuple.of(arn.account(), arn.region(), arn.resource());
  }
}
