/// The life of each event, for people.
@NullMarked
package io.carillon.trace;

import org.jspecify.annotations.NullMarked;
