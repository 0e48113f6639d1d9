/// Reproducible benchmarks: `./carillon bench`.
@NullMarked
package io.carillon.bench;

import org.jspecify.annotations.NullMarked;
