/// Notification rules, event records, and how they reach the outbox.
@NullMarked
package io.carillon.s3.event;

import org.jspecify.annotations.NullMarked;
