/// CloudWatch Logs: groups, streams and events.
@NullMarked
package io.carillon.logs;

import org.jspecify.annotations.NullMarked;
