/// The commands of ./carillon.
@NullMarked
package io.carillon.cli;

import org.jspecify.annotations.NullMarked;
