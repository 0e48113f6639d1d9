/// Signature Version 4: headers, presigned URLs, POST policies, signed and trailing chunks.
@NullMarked
package io.carillon.aws.sigv4;

import org.jspecify.annotations.NullMarked;
