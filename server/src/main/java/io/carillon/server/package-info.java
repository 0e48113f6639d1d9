/// The server: what wires the services, the store, the outbox and the endpoint together, and what
/// belongs to no service.
@NullMarked
package io.carillon.server;

import org.jspecify.annotations.NullMarked;
