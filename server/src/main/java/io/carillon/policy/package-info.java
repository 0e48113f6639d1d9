/// The policy engine: pure, no I/O.
@NullMarked
package io.carillon.policy;

import org.jspecify.annotations.NullMarked;
