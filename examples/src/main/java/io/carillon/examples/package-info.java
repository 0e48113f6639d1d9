/// Example functions as a starting point.
@NullMarked
package io.carillon.examples;

import org.jspecify.annotations.NullMarked;
