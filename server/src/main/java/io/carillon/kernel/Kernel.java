package io.carillon.kernel;

import io.carillon.aws.Authorizer;
import io.carillon.aws.Caller;
import io.carillon.base.Ids;
import io.carillon.messaging.Recipient;
import io.carillon.outbox.Outbox;
import io.carillon.policy.KnownPrincipals;
import io.carillon.store.Blobs;
import io.carillon.store.Database;
import io.carillon.store.RowNumbers;
import io.carillon.trace.Cause;
import io.carillon.trace.Trace;
import java.net.URI;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/// What every service is built from.
///
/// @param numbers for keys of rows in order of time
/// @param clock the engine's, as nodes compare times in rows
/// @param principals the principals that resource policies may name
/// @param recipients the services to which messages can be sent
/// @param behind the cause that a caller acts for, if it is a function that runs
/// @param endpoint the URL of this server for clients
/// @param timeScale multiplies waits that are AWS's, such as the time for which the name of a
///   deleted queue cannot be reused
public record Kernel(
    Database database,
    Blobs blobs,
    Outbox outbox,
    Trace trace,
    Ids ids,
    RowNumbers numbers,
    InstantSource clock,
    Authorizer authorizer,
    KnownPrincipals principals,
    Recipient recipients,
    Function<Caller, Optional<Cause>> behind,
    Supplier<URI> endpoint,
    double timeScale) {

  /// The cause of what a caller does: that which it acts for, or a new one.
  public String causeOf(Caller caller) {
    return behind.apply(caller).map(Cause::toString).orElseGet(trace::begin);
  }

  /// The cause of a new event. An event that a function causes continues that function's chain.
  public String causeOfEvent(Caller caller) {
    String id = trace.begin();
    return behind.apply(caller).map(cause -> cause.leadingTo(id).toString()).orElse(id);
  }
}
