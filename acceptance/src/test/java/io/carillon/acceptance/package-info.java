/// The packaged product, started by its documented commands and used by real clients.
@NullMarked
package io.carillon.acceptance;

import org.jspecify.annotations.NullMarked;
