/// Delivery by e-mail, and the built-in mailbox.
@NullMarked
package io.carillon.sns.smtp;

import org.jspecify.annotations.NullMarked;
