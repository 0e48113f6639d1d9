/// The ordered key space with transactions, typed tables over it, and blobs. Only this package
/// knows an engine.
@NullMarked
package io.carillon.store;

import org.jspecify.annotations.NullMarked;
