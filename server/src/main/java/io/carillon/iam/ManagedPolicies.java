package io.carillon.iam;

import io.carillon.base.Arn;
import io.carillon.store.KeyCodec;
import io.carillon.store.Range;
import io.carillon.store.Snapshot;
import io.carillon.store.Table;
import io.carillon.store.Tuple;
import io.carillon.store.Tx;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// All managed policies, AWS's and the accounts', by ARN.
final class ManagedPolicies {
  private static final Logger LOG = LoggerFactory.getLogger(ManagedPolicies.class);
  private static final String PREFIX = "policy/";
  private static final Pattern POLICY_ARN =
      Pattern.compile("arn:[^:]+:iam::(?:\\d{12}|aws):policy/.*", Pattern.DOTALL);

  private final Table<Tuple, ManagedPolicy> rows =
      Table.of("iam.policies", KeyCodec.TUPLE, ManagedPolicy.class).guardedBy(Accounts.GUARD, 1);
  private final AwsManagedPolicies ofAws;

  ManagedPolicies(AwsManagedPolicies ofAws) {
    this.ofAws = ofAws;
  }

  Optional<ManagedPolicy> find(Snapshot snapshot, String arn) {
    Optional<Arn> parsed = Arn.tryParse(arn);
    if (parsed.isEmpty() || !parsed.get().resource().startsWith(PREFIX)) {
      return Optional.empty();
    }
    if (parsed.get().account().equals(ManagedPolicy.OF_AWS)) {
      return ofAws.find(arn);
    }
    String resource = parsed.get().resource();
    String name = resource.substring(resource.lastIndexOf('/') + 1);
    return findNamed(snapshot, parsed.get().account(), name).filter(p -> p.arn().equals(arn));
  }

  Optional<ManagedPolicy> findNamed(Snapshot snapshot, String account, String name) {
    return rows.get(snapshot, Tuple.of(account, Identities.fold(name)));
  }

  /// A policy visible to `account`: AWS's or its own.
  ///
  /// @throws io.carillon.aws.AwsException NoSuchEntity, or ValidationError if it is not the ARN of
  ///   a policy
  ManagedPolicy require(Snapshot snapshot, String account, String arn) {
    return findVisible(snapshot, account, arn)
        .orElseThrow(() -> IamError.NO_SUCH_ENTITY.because("Policy " + arn + " was not found."));
  }

  /// A policy that `account` can attach or set as a boundary.
  ManagedPolicy requireAttachable(Snapshot snapshot, String account, String arn) {
    return findVisible(snapshot, account, arn)
        .orElseThrow(
            () ->
                IamError.NO_SUCH_ENTITY.because(
                    "Policy " + arn + " does not exist or is not attachable."));
  }

  private Optional<ManagedPolicy> findVisible(Snapshot snapshot, String account, String arn) {
    return find(snapshot, checkArn(arn)).filter(p -> p.isOfAws() || p.account().equals(account));
  }

  /// @throws io.carillon.aws.AwsException ValidationError
  static String checkArn(@Nullable String arn) {
    String text = IamConstraints.policyArn(arn);
    if (!POLICY_ARN.matcher(text).matches()) {
      throw IamError.VALIDATION.because("Invalid ARN:  Could not be parsed!"); // AWS's two spaces
    }
    return text;
  }

  List<ManagedPolicy> ofAccount(Snapshot snapshot, String account) {
    return rows.list(snapshot, Range.within(Tuple.of(account)), Integer.MAX_VALUE).stream()
        .map(Table.Entry::value)
        .toList();
  }

  List<ManagedPolicy> ofAws() {
    return ofAws.all();
  }

  void logMissing(String arn) {
    LOG.warn(
        "{} is attached or a boundary, but this server does not have it: its users, groups and"
            + " roles are denied everything until it is added again or detached",
        arn);
  }

  void put(Tx tx, ManagedPolicy policy) {
    rows.put(tx, Tuple.of(policy.account(), Identities.fold(policy.name())), policy);
  }

  void delete(Tx tx, ManagedPolicy policy) {
    rows.delete(tx, Tuple.of(policy.account(), Identities.fold(policy.name())));
  }
}
