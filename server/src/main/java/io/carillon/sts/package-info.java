/// Temporary credentials.
@NullMarked
package io.carillon.sts;

import org.jspecify.annotations.NullMarked;
