/// EventBridge: event buses, their rules and targets, and the events put on them.
@NullMarked
package io.carillon.events;

import org.jspecify.annotations.NullMarked;
