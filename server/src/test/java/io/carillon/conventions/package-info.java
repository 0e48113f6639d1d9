/// Tests of conventions: dependencies between packages, generated documents, the form of sources.
@NullMarked
package io.carillon.conventions;

import org.jspecify.annotations.NullMarked;
