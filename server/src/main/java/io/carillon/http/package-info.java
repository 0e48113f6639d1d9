/// The HTTP engine behind our own Request, Response and Body. Only this package imports Netty.
@NullMarked
package io.carillon.http;

import org.jspecify.annotations.NullMarked;
