/// What services are built from, and what a service is to the server that mounts it.
@NullMarked
package io.carillon.kernel;

import org.jspecify.annotations.NullMarked;
