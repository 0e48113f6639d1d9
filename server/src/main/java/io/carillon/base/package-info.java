/// Values and small tools that need nothing but the JDK.
@NullMarked
package io.carillon.base;

import org.jspecify.annotations.NullMarked;
