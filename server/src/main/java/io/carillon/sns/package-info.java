/// Topics, subscriptions, publish and fan-out.
@NullMarked
package io.carillon.sns;

import org.jspecify.annotations.NullMarked;
