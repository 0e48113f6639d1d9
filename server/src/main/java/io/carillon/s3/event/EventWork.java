package io.carillon.s3.event;

import io.carillon.store.RowCodec;
import org.jspecify.annotations.Nullable;

/// The outbox payload of an event.
///
/// @param account the bucket owner's
/// @param message the body for the destination
/// @param traceHeader the X-Ray trace header of the request that caused the event; null if it had
///   none, and in rows from before this was stored
record EventWork(String bucket, String account, byte[] message, @Nullable String traceHeader) {
  private static final RowCodec<EventWork> CODEC = RowCodec.of(EventWork.class);

  byte[] toBytes() {
    return CODEC.encode(this);
  }

  static EventWork of(byte[] payload) {
    return CODEC.decode(payload);
  }
}
