package io.carillon.events;

import io.carillon.base.Arn;
import io.carillon.messaging.MessageAttribute;
import io.carillon.messaging.Sender;
import io.carillon.messaging.ServiceMessage;
import io.carillon.outbox.Work;
import io.carillon.store.RowCodec;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// An event on its way to one target. It holds all that the delivery needs: as on AWS, an event
/// that matched is delivered even if its rule is changed or deleted meanwhile.
///
/// @param account that owns the rule
/// @param event the event's JSON
/// @param input what the target gets; null for the event itself
/// @param valid whether the target can take the input
/// @param retries null for the default
/// @param maxAgeSeconds null for the default
/// @param deadLetterQueue an ARN; null for none
/// @param traceHeader the X-Ray trace header; null for none
record TargetWork(
    String ruleArn,
    String account,
    String targetArn,
    byte[] event,
    byte @Nullable [] input,
    boolean valid,
    @Nullable Integer retries,
    @Nullable Integer maxAgeSeconds,
    @Nullable String deadLetterQueue,
    @Nullable String traceHeader) {
  private static final RowCodec<TargetWork> CODEC = RowCodec.of(TargetWork.class);

  static final String KIND = "events.target";
  static final String PRINCIPAL = "events.amazonaws.com";

  static TargetWork of(RuleKey rule, RuleTarget target, Event event, byte[] json) {
    String input = TargetInput.of(target, rule, event);
    boolean isEvent =
        target.input() == null && target.inputPath() == null && target.transformer() == null;
    return new TargetWork(
        rule.arn().toString(),
        rule.bus().account(),
        target.arn(),
        json,
        isEvent ? null : input.getBytes(StandardCharsets.UTF_8),
        isEvent || TargetInput.isValid(target, input),
        target.retries(),
        target.maxAgeSeconds(),
        target.deadLetterQueue(),
        event.traceHeader());
  }

  static TargetWork of(Work work) {
    return CODEC.decode(work.payload());
  }

  Work work(Instant due, String cause) {
    return new Work(KIND, targetArn, due, CODEC.encode(this), cause);
  }

  /// What the target gets.
  ServiceMessage message(String cause) {
    return message(Arn.parse(targetArn), input == null ? event : input, Map.of(), cause);
  }

  /// What a dead-letter queue gets: the event itself, whatever the target would have got.
  ServiceMessage deadLetter(Arn queue, Map<String, MessageAttribute> attributes, String cause) {
    return message(queue, event, attributes, cause);
  }

  private ServiceMessage message(
      Arn destination, byte[] payload, Map<String, MessageAttribute> attributes, String cause) {
    return new ServiceMessage(
        new Sender.Service(PRINCIPAL, Arn.parse(ruleArn), account),
        destination,
        payload,
        "",
        attributes,
        cause,
        null,
        traceHeader);
  }
}
