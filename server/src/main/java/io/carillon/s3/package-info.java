/// Buckets and objects: a file for each data operation.
@NullMarked
package io.carillon.s3;

import org.jspecify.annotations.NullMarked;
