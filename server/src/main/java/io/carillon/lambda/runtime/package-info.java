/// Execution environments, the Runtime API and the sandbox.
@NullMarked
package io.carillon.lambda.runtime;

import org.jspecify.annotations.NullMarked;
