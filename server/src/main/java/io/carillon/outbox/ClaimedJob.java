package io.carillon.outbox;

import io.carillon.store.DueQueue;
import io.carillon.store.DueQueue.Claimed;

/// A job under the lease of this process.
record ClaimedJob(Channel channel, DueQueue.Lease lease, JobRow row) {
  static ClaimedJob of(Channel channel, Claimed<JobRow> claimed) {
    return new ClaimedJob(channel, claimed.lease(), claimed.row());
  }

  String id() {
    return lease.id();
  }

  Job job() {
    return row.job(channel, lease.id(), row.created(), lease.claims());
  }
}
