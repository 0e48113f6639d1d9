/// Tests that hold the house: which package may know which, and how sources look.
@NullMarked
package io.carillon.house;

import org.jspecify.annotations.NullMarked;
