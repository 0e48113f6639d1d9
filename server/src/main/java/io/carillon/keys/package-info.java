/// Secrets at rest, TLS and signing certificates, the admin token.
@NullMarked
package io.carillon.keys;

import org.jspecify.annotations.NullMarked;
