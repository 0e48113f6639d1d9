/// Delivery by SMS, and the built-in receiver.
@NullMarked
package io.carillon.sns.smpp;

import org.jspecify.annotations.NullMarked;
