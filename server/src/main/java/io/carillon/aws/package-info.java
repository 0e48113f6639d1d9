/// What all services share: the road of a request, its caller, its errors, the tables of
/// operations.
@NullMarked
package io.carillon.aws;

import org.jspecify.annotations.NullMarked;
