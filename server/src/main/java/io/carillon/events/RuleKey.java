package io.carillon.events;

import io.carillon.aws.AwsException;
import io.carillon.aws.Caller;
import io.carillon.base.Arn;
import io.carillon.store.Tuple;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Which rule.
record RuleKey(BusKey bus, String name) {
  private static final Pattern NAME = Pattern.compile("[.\\-_A-Za-z0-9]+");
  private static final String RESOURCE = "rule/";
  private static final int MAX_NAME = 64;

  /// The rule that a request of its owner names.
  ///
  /// @param member the name of the request's member, for errors
  static RuleKey own(
      Caller caller, @Nullable String busNameOrArn, String member, @Nullable String name) {
    return new RuleKey(BusKey.own(caller, busNameOrArn), checkedName(member, name));
  }

  private static String checkedName(String member, @Nullable String name) {
    return EventsError.MEMBERS.text(member, name, 1, MAX_NAME, NAME);
  }

  /// The rule of an ARN; empty if it is not that of a rule.
  static Optional<RuleKey> of(Arn arn) {
    if (!BusKey.isOurs(arn) || !arn.resource().startsWith(RESOURCE)) {
      return Optional.empty();
    }
    String path = arn.resource().substring(RESOURCE.length());
    int slash = path.lastIndexOf('/'); // names of buses may have slashes, names of rules not
    String bus = slash < 0 ? BusKey.DEFAULT : path.substring(0, slash);
    String name = path.substring(slash + 1);
    return NAME.matcher(name).matches()
        ? Optional.of(new RuleKey(new BusKey(arn.account(), arn.region(), bus), name))
        : Optional.empty();
  }

  Arn arn() {
    return bus.ruleArn(name);
  }

  Tuple tuple() {
    return bus.tuple().and(name);
  }

  AwsException notFound() {
    return EventsError.RESOURCE_NOT_FOUND.because(
        "Rule " + name + " does not exist on EventBus " + bus.name() + ".");
  }
}
