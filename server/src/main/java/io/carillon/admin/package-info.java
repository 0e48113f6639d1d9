/// The admin API under /_carillon/: health, metrics, mailboxes, accounts.
@NullMarked
package io.carillon.admin;

import org.jspecify.annotations.NullMarked;
