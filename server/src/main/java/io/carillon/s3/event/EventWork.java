package io.carillon.s3.event;

import io.carillon.store.RowCodec;
import org.jspecify.annotations.Nullable;

/// What an event's delivery needs to know.
///
/// @param account the bucket owner's
/// @param message what the destination will read
/// @param traceHeader the X-Ray trace of the request that brought the event about; null for none,
///   and in rows of before there was one
record EventWork(String bucket, String account, byte[] message, @Nullable String traceHeader) {
  private static final RowCodec<EventWork> CODEC = RowCodec.of(EventWork.class);

  byte[] toBytes() {
    return CODEC.encode(this);
  }

  static EventWork of(byte[] payload) {
    return CODEC.decode(payload);
  }
}
