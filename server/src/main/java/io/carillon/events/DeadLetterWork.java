package io.carillon.events;

import io.carillon.base.Arn;
import io.carillon.messaging.MessageAttribute;
import io.carillon.messaging.ServiceMessage;
import io.carillon.outbox.Job;
import io.carillon.outbox.Work;
import io.carillon.store.RowCodec;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// An event on its way to the dead-letter queue of a target that did not get it.
///
/// @param attributes the message attributes that say why, all strings
record DeadLetterWork(TargetWork undelivered, String queueArn, Map<String, String> attributes) {
  private static final RowCodec<DeadLetterWork> CODEC = RowCodec.of(DeadLetterWork.class);

  static final String KIND = "events.deadletter";

  /// Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
  static DeadLetterWork of(TargetWork undelivered, String queueArn, Job job, String why) {
    Map<String, String> attributes = new TreeMap<>();
    attributes.put("RULE_ARN", undelivered.ruleArn());
    attributes.put("TARGET_ARN", undelivered.targetArn());
    Optional<TargetError> permanent = TargetError.find(why);
    TargetError error = permanent.orElse(TargetError.INTERNAL_ERROR);
    attributes.put("ERROR_CODE", error.name());
    attributes.put("ERROR_MESSAGE", error.message(why));
    attributes.put("RETRY_ATTEMPTS", String.valueOf(Math.max(job.attempts() - 1, 0)));
    if (permanent.isEmpty()) {
      int allowed =
          TargetRetries.policy(undelivered.retries(), undelivered.maxAgeSeconds()).maxAttempts();
      attributes.put(
          "EXHAUSTED_RETRY_CONDITION",
          job.attempts() >= allowed ? "MaximumRetryAttempts" : "MaximumEventAgeInSeconds");
    }
    return new DeadLetterWork(undelivered, queueArn, attributes);
  }

  static DeadLetterWork of(Work work) {
    return CODEC.decode(work.payload());
  }

  Work work(Instant due, String cause) {
    return new Work(KIND, queueArn, due, CODEC.encode(this), cause);
  }

  ServiceMessage message(String cause) {
    Map<String, MessageAttribute> strings = new TreeMap<>();
    attributes.forEach((name, value) -> strings.put(name, MessageAttribute.string(value)));
    return undelivered.deadLetter(Arn.parse(queueArn), strings, cause);
  }
}
