/// SQS: standard queues.
@NullMarked
package io.carillon.sqs;

import org.jspecify.annotations.NullMarked;
