package io.carillon.outbox;

import java.time.Instant;

/// A piece of work as the outbox holds it.
///
/// @param id unique; stable over retries and restarts
/// @param created when it was put in
/// @param attempts how many tries have begun, this one included
/// @param postponements how many times it was put off without using up a try
/// @param firstError why the first try failed; empty before that
/// @param lastError why the last one did
public record Job(
    String id,
    Work work,
    Instant created,
    int attempts,
    int postponements,
    String firstError,
    String lastError) {}
