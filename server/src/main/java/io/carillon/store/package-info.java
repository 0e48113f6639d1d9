/// The ordered key space with transactions, typed tables on it, and blobs. Only this package knows
/// the engine.
@NullMarked
package io.carillon.store;

import org.jspecify.annotations.NullMarked;
