package io.carillon.events;

import io.carillon.aws.AwsException;
import io.carillon.aws.Caller;
import io.carillon.base.AccountId;
import io.carillon.base.Arn;
import io.carillon.base.Region;
import io.carillon.store.Tuple;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Which event bus.
record BusKey(String account, String region, String name) {
  static final String DEFAULT = "default";
  private static final String RESOURCE = "event-bus/";
  private static final Pattern NAME = Pattern.compile("[/.\\-_A-Za-z0-9]+");
  private static final int MAX_NAME = 256;

  /// The bus that a request names by name or ARN; none names the account's default bus.
  ///
  /// @throws AwsException ValidationException; also for ARNs of other regions, which AWS does not
  ///   reach either
  static BusKey of(Caller caller, @Nullable String nameOrArn) {
    if (nameOrArn == null) {
      return new BusKey(caller.account().value(), caller.region().name(), DEFAULT);
    }
    if (nameOrArn.startsWith("arn:")) {
      return Arn.tryParse(nameOrArn)
          .flatMap(BusKey::of)
          .filter(key -> key.region.equals(caller.region().name()))
          .orElseThrow(
              () ->
                  EventsError.parameter(
                      "EventBusName",
                      "Provided Arn is not that of an event bus in " + caller.region().name()));
    }
    return new BusKey(
        caller.account().value(), caller.region().name(), name("EventBusName", nameOrArn));
  }

  /// As [#of(Caller, String)], for operations that only the owner of a bus may call here.
  static BusKey own(Caller caller, @Nullable String nameOrArn) {
    BusKey key = of(caller, nameOrArn);
    if (!key.account.equals(caller.account().value())) {
      throw EventsError.unsupported("Managing an event bus of another account (" + key.arn() + ")");
    }
    return key;
  }

  /// The bus of an ARN; empty if it is not that of a bus.
  static Optional<BusKey> of(Arn arn) {
    if (!isOurs(arn) || !arn.resource().startsWith(RESOURCE)) {
      return Optional.empty();
    }
    String name = arn.resource().substring(RESOURCE.length());
    return NAME.matcher(name).matches()
        ? Optional.of(new BusKey(arn.account(), arn.region(), name))
        : Optional.empty();
  }

  /// Whether an ARN is one of EventBridge.
  static boolean isOurs(Arn arn) {
    return arn.partition().equals("aws")
        && arn.service().equals("events")
        && Region.isValid(arn.region())
        && AccountId.isValid(arn.account());
  }

  /// Checks the name of a bus.
  static String name(String member, @Nullable String name) {
    return EventsError.MEMBERS.text(member, name, 1, MAX_NAME, NAME);
  }

  boolean isDefault() {
    return name.equals(DEFAULT);
  }

  Arn arn() {
    return Arn.of("events", new Region(region), new AccountId(account), RESOURCE + name);
  }

  /// The ARN of one of its rules: those of the default bus do not name it.
  Arn ruleArn(String rule) {
    String resource = isDefault() ? "rule/" + rule : "rule/" + name + "/" + rule;
    return Arn.of("events", new Region(region), new AccountId(account), resource);
  }

  Tuple tuple() {
    return Tuple.of(account, region, name);
  }

  AwsException notFound() {
    return EventsError.RESOURCE_NOT_FOUND.because("Event bus " + name + " does not exist.");
  }
}
