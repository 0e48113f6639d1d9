/// Functions that people start from.
@NullMarked
package io.carillon.examples;

import org.jspecify.annotations.NullMarked;
