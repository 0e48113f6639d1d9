package io.carillon.iam;

import io.carillon.aws.Caller;
import io.carillon.base.Ids;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Makes identities that are not in the table yet, with a unique id and without policies.
final class NewIdentities {
  private final Ids ids;
  private final InstantSource clock;

  NewIdentities(Ids ids, InstantSource clock) {
    this.ids = ids;
    this.clock = clock;
  }

  /// @throws io.carillon.aws.AwsException if the path or the name is not valid
  Identity of(Caller caller, IdentityType kind, @Nullable String path, @Nullable String name) {
    return new Identity(
        kind,
        caller.account().value(),
        IamConstraints.path(path),
        IamConstraints.name(kind, name),
        ids.unique(kind.idPrefix()),
        clock.instant().truncatedTo(ChronoUnit.SECONDS),
        Map.of(),
        Map.of(),
        List.of(),
        null,
        null,
        null);
  }
}
