/// Durable work: what is to be done later, who does it, and when it is tried again.
@NullMarked
package io.carillon.outbox;

import org.jspecify.annotations.NullMarked;
