/// Benchmarks that anyone can run again: `./carillon bench`.
@NullMarked
package io.carillon.bench;

import org.jspecify.annotations.NullMarked;
