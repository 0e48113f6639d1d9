/// Delivery by HTTP and HTTPS.
@NullMarked
package io.carillon.sns.http;

import org.jspecify.annotations.NullMarked;
