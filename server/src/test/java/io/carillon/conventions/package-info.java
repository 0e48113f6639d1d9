/// Tests that hold the house: which package may know which, and how sources look.
@NullMarked
package io.carillon.conventions;

import org.jspecify.annotations.NullMarked;
