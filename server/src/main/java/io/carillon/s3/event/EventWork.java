package io.carillon.s3.event;

import io.carillon.store.RowCodec;

/// What an event's delivery needs to know.
///
/// @param account the bucket owner's
/// @param message what the destination will read
record EventWork(String bucket, String account, byte[] message) {
  private static final RowCodec<EventWork> CODEC = RowCodec.of(EventWork.class);

  byte[] toBytes() {
    return CODEC.encode(this);
  }

  static EventWork of(byte[] payload) {
    return CODEC.decode(payload);
  }
}
