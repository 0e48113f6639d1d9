/// The HTTP engine behind Request, Response and Body. Only this package imports Netty.
@NullMarked
package io.carillon.http;

import org.jspecify.annotations.NullMarked;
