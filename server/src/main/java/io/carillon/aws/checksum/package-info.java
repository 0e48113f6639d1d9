/// S3 object checksums: computed on streams, combined over parts.
@NullMarked
package io.carillon.aws.checksum;

import org.jspecify.annotations.NullMarked;
