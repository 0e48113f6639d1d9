package io.carillon.lambda.runtime;

import io.carillon.base.Ids;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;

/// Creates environments, each with an id and a log stream of its own.
public final class NewEnvironments {
  private static final DateTimeFormatter DAY =
      DateTimeFormatter.ofPattern("yyyy/MM/dd").withZone(ZoneOffset.UTC);

  private final RuntimeSettings settings;
  private final LogSink logs;
  private final InstantSource clock;
  private final Ids ids;

  public NewEnvironments(RuntimeSettings settings, LogSink logs, InstantSource clock, Ids ids) {
    this.settings = settings;
    this.logs = logs;
    this.clock = clock;
    this.ids = ids;
  }

  /// Creates an environment without starting it.
  Environment of(FunctionSpec function, Environment.Owner owner) {
    String id = ids.token(16);
    String stream = "%s/[%s]%s".formatted(DAY.format(clock.instant()), function.version(), id);
    EnvironmentLog log =
        new EnvironmentLog(
            lines ->
                logs.append(
                    function.account(), function.region(), function.logGroup(), stream, lines),
            clock,
            settings.logBytesPerInvocation());
    return new Environment(id, stream, function, log, clock, owner);
  }

  /// Creates an environment that replaces `failed` and repeats its initialization, for `work`.
  Environment replacement(Environment failed, Assignment work) {
    return failed.replacement(ids.token(16), work);
  }
}
