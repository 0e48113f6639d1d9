/// Durable work: jobs that are done later, the deliveries that do them, and their retries.
@NullMarked
package io.carillon.outbox;

import org.jspecify.annotations.NullMarked;
