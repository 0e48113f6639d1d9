package io.carillon.outbox;

import java.time.Instant;

/// Something to be done later.
///
/// @param kind which [Delivery] does it, such as `s3.event` or `sns.http`
/// @param lane whose concurrency and order of turns it shares: the ARN of its destination
/// @param due not before this instant
/// @param payload whatever the delivery needs, in a form of its own
/// @param cause the trace id of the event that led here, see `trace`
public record Work(String kind, String lane, Instant due, byte[] payload, String cause) {}
