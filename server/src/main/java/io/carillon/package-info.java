/// The command line, the wiring and the configuration.
@NullMarked
package io.carillon;

import org.jspecify.annotations.NullMarked;
