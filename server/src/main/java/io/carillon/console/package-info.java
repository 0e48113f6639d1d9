/// Our own door under /_carillon/: health, metrics, mailboxes, accounts.
@NullMarked
package io.carillon.console;

import org.jspecify.annotations.NullMarked;
