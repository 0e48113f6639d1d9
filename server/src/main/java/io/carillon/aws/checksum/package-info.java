/// Object checksums as S3 knows them: computed while bytes stream by, combined over parts.
@NullMarked
package io.carillon.aws.checksum;

import org.jspecify.annotations.NullMarked;
