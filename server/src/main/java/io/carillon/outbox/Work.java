package io.carillon.outbox;

import java.time.Instant;

/// Something to do later.
///
/// @param kind which [Delivery] does it, such as `s3.event` or `sns.http`
/// @param lane whose concurrency and order it shares: the ARN of its destination
/// @param due the earliest time of its first attempt
/// @param payload the delivery's data, in the delivery's format
/// @param cause the trace id of the event that led here, see `trace`
public record Work(String kind, String lane, Instant due, byte[] payload, String cause) {}
