/// Functions and invocations.
@NullMarked
package io.carillon.lambda;

import org.jspecify.annotations.NullMarked;
