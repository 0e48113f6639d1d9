package io.carillon.iam;

import io.carillon.store.KeyCodec;
import io.carillon.store.Range;
import io.carillon.store.Snapshot;
import io.carillon.store.Table;
import io.carillon.store.Tuple;
import io.carillon.store.Tx;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/// An index from managed policies to the identities of an account that use them, for counts,
/// deletion and `ListEntitiesForPolicy`. Updated in the transaction that changes the identity's
/// row.
final class Attachments {
  private static final String OF_AWS = "arn:aws:iam::" + ManagedPolicy.OF_AWS + ":";

  private final Table<Tuple, Attachment> rows =
      Table.of("iam.attachments", KeyCodec.TUPLE, Attachment.class);

  /// How an identity uses a policy.
  enum Use {
    PERMISSIONS,
    BOUNDARY
  }

  record Attachment(IdentityType kind, String name, String id, String path) {}

  void add(Tx tx, String policyArn, Use use, Identity identity) {
    rows.put(
        tx,
        key(policyArn, use, identity),
        new Attachment(identity.kind(), identity.name(), identity.id(), identity.path()));
  }

  void remove(Tx tx, String policyArn, Use use, Identity identity) {
    rows.delete(tx, key(policyArn, use, identity));
  }

  List<Attachment> of(Snapshot snapshot, String account, String policyArn, Use use) {
    return rows
        .list(snapshot, Range.within(Tuple.of(account, policyArn, use.name())), Integer.MAX_VALUE)
        .stream()
        .map(Table.Entry::value)
        .toList();
  }

  /// The ARNs of AWS's managed policies that any account uses.
  Set<String> policiesOfAws(Snapshot snapshot) {
    Set<String> arns = new TreeSet<>();
    Range remaining = Range.all();
    while (true) {
      List<Table.Entry<Tuple, Attachment>> next = rows.list(snapshot, remaining, 1);
      if (next.isEmpty()) {
        return arns;
      }
      String account = next.getFirst().key().string(0);
      String arn = next.getFirst().key().string(1);
      if (arn.startsWith(OF_AWS)) {
        arns.add(arn);
      }
      remaining = remaining.after(Tuple.of(account, arn)); // one look-up per policy, not per user
    }
  }

  private static Tuple key(String policyArn, Use use, Identity identity) {
    return Tuple.of(
        identity.account(),
        policyArn,
        use.name(),
        identity.kind().word(),
        Identities.fold(identity.name()));
  }
}
