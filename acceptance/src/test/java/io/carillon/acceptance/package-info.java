/// The packaged product, started as a stranger would start it, spoken to by real clients.
@NullMarked
package io.carillon.acceptance;

import org.jspecify.annotations.NullMarked;
