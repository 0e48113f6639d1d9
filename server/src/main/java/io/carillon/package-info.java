/// The entry point.
@NullMarked
package io.carillon;

import org.jspecify.annotations.NullMarked;
