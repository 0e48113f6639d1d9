/// The history of each event, for users.
@NullMarked
package io.carillon.trace;

import org.jspecify.annotations.NullMarked;
