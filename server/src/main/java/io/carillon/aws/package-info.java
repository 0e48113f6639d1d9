/// Shared by all services: the request pipeline, the caller, errors, the tables of operations.
@NullMarked
package io.carillon.aws;

import org.jspecify.annotations.NullMarked;
