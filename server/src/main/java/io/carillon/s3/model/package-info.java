/// The bucket and object model.
@NullMarked
package io.carillon.s3.model;

import org.jspecify.annotations.NullMarked;
