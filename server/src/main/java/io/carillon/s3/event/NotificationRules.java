package io.carillon.s3.event;

import io.carillon.aws.AwsException;
import io.carillon.base.Arn;
import io.carillon.base.Ids;
import io.carillon.s3.event.NotificationRule.DestinationType;
import io.carillon.s3.event.NotificationRule.Filter;
import io.carillon.s3.model.Bucket;
import io.carillon.s3.model.S3Error;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.s3.model.Event;
import software.amazon.awssdk.services.s3.model.EventBridgeConfiguration;
import software.amazon.awssdk.services.s3.model.FilterRule;
import software.amazon.awssdk.services.s3.model.GetBucketNotificationConfigurationResponse;
import software.amazon.awssdk.services.s3.model.LambdaFunctionConfiguration;
import software.amazon.awssdk.services.s3.model.NotificationConfiguration;
import software.amazon.awssdk.services.s3.model.NotificationConfigurationFilter;
import software.amazon.awssdk.services.s3.model.QueueConfiguration;
import software.amazon.awssdk.services.s3.model.TopicConfiguration;

/// A valid notification configuration of a bucket.
///
/// Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html
///
/// @param eventBridge whether all events go to the account's default event bus as well
public record NotificationRules(List<NotificationRule> rules, boolean eventBridge) {
  public NotificationRules {
    rules = List.copyOf(rules);
  }

  private static final int MAX_RULES = 100;
  private static final int MAX_ID = 255;
  private static final int MAX_FILTER_BYTES = 1024;

  public static final NotificationRules NONE = new NotificationRules(List.of(), false);

  /// Parses a configuration; rules without an id get one.
  ///
  /// @throws AwsException InvalidArgument with the reason
  public static NotificationRules parse(NotificationConfiguration given, Bucket bucket, Ids ids) {
    List<NotificationRule> rules = new ArrayList<>();
    given
        .topicConfigurations()
        .forEach(
            c ->
                rules.add(
                    rule(
                        ids,
                        bucket,
                        c.id(),
                        DestinationType.TOPIC,
                        c.topicArn(),
                        c.eventsAsStrings(),
                        c.filter())));
    given
        .queueConfigurations()
        .forEach(
            c ->
                rules.add(
                    rule(
                        ids,
                        bucket,
                        c.id(),
                        DestinationType.QUEUE,
                        c.queueArn(),
                        c.eventsAsStrings(),
                        c.filter())));
    given
        .lambdaFunctionConfigurations()
        .forEach(
            c ->
                rules.add(
                    rule(
                        ids,
                        bucket,
                        c.id(),
                        DestinationType.FUNCTION,
                        c.lambdaFunctionArn(),
                        c.eventsAsStrings(),
                        c.filter())));
    if (rules.size() > MAX_RULES) {
      throw S3Error.INVALID_ARGUMENT.because(
          "A bucket can have at most " + MAX_RULES + " notification configurations");
    }
    requireDistinctIds(rules);
    requireNoOverlap(rules);
    return new NotificationRules(rules, given.eventBridgeConfiguration() != null);
  }

  /// Whether any event can have a destination.
  public boolean notifiesAny() {
    return eventBridge || !rules.isEmpty();
  }

  /// One rule for each destination.
  public List<NotificationRule> byDestination() {
    Set<String> seen = new HashSet<>();
    return rules.stream().filter(rule -> seen.add(rule.destination())).toList();
  }

  public List<NotificationRule> matching(EventType type, String key) {
    String encoded = FilterEncoding.ofKey(key);
    return rules.stream().filter(rule -> rule.matchesEncoded(type, encoded)).toList();
  }

  /// The response of GetBucketNotificationConfiguration. Filter names are `Prefix` and `Suffix`,
  /// whatever their case in the request.
  public GetBucketNotificationConfigurationResponse toModel() {
    GetBucketNotificationConfigurationResponse.Builder model =
        GetBucketNotificationConfigurationResponse.builder();
    List<TopicConfiguration> topics = new ArrayList<>();
    List<QueueConfiguration> queues = new ArrayList<>();
    List<LambdaFunctionConfiguration> functions = new ArrayList<>();
    for (NotificationRule rule : rules) {
      switch (rule.kind()) {
        case TOPIC ->
            topics.add(
                TopicConfiguration.builder()
                    .id(rule.id())
                    .topicArn(rule.destination())
                    .eventsWithStrings(rule.events())
                    .filter(filterOf(rule))
                    .build());
        case QUEUE ->
            queues.add(
                QueueConfiguration.builder()
                    .id(rule.id())
                    .queueArn(rule.destination())
                    .eventsWithStrings(rule.events())
                    .filter(filterOf(rule))
                    .build());
        case FUNCTION ->
            functions.add(
                LambdaFunctionConfiguration.builder()
                    .id(rule.id())
                    .lambdaFunctionArn(rule.destination())
                    .eventsWithStrings(rule.events())
                    .filter(filterOf(rule))
                    .build());
      }
    }
    if (!topics.isEmpty()) {
      model.topicConfigurations(topics);
    }
    if (!queues.isEmpty()) {
      model.queueConfigurations(queues);
    }
    if (!functions.isEmpty()) {
      model.lambdaFunctionConfigurations(functions);
    }
    if (eventBridge) {
      model.eventBridgeConfiguration(EventBridgeConfiguration.builder().build());
    }
    return model.build();
  }

  private static NotificationRule rule(
      Ids ids,
      Bucket bucket,
      @Nullable String id,
      DestinationType kind,
      @Nullable String destination,
      List<String> events,
      @Nullable NotificationConfigurationFilter filter) {
    if (destination == null || events.isEmpty()) {
      throw S3Error.MALFORMED_XML.exception();
    }
    if (id != null && id.length() > MAX_ID) {
      throw invalid("The ID of a configuration cannot exceed 255 characters", "Id", id);
    }
    requireDestination(bucket, kind, destination);
    for (String event : events) {
      if (Event.fromValue(event) == Event.UNKNOWN_TO_SDK_VERSION) {
        throw invalid(
            "The event '" + event + "' is not supported for notifications", "Event", event);
      }
    }
    List<FilterRule> filters =
        filter == null || filter.key() == null ? List.of() : filter.key().filterRules();
    Filter prefix = Filter.NONE;
    Filter suffix = Filter.NONE;
    for (FilterRule one : filters) {
      if (one.nameAsString() == null || one.value() == null) {
        throw S3Error.MALFORMED_XML.exception();
      }
      String name = one.nameAsString().toLowerCase(Locale.ROOT);
      String value = one.value();
      if (value.getBytes(StandardCharsets.UTF_8).length > MAX_FILTER_BYTES) {
        throw invalid(
            "Size of filter rule value cannot exceed 1024 bytes in UTF-8",
            "FilterRule.Value",
            value);
      }
      switch (name) {
        case "prefix" -> prefix = once(prefix, name, value);
        case "suffix" -> suffix = once(suffix, name, value);
        default ->
            throw invalid(
                "filter rule name must be either prefix or suffix",
                "FilterRule.Name",
                one.nameAsString());
      }
    }
    return new NotificationRule(
        id == null || id.isEmpty() ? ids.uuid() : id,
        kind,
        destination,
        List.copyOf(events),
        prefix,
        suffix);
  }

  private static Filter once(Filter before, String name, String value) {
    if (before.given()) {
      throw S3Error.INVALID_ARGUMENT
          .because("Cannot specify more than one " + name + " rule in a filter.")
          .with("ArgumentName", "FilterRule")
          .with("ArgumentValue", name);
    }
    return Filter.of(value);
  }

  private static void requireDestination(Bucket bucket, DestinationType kind, String destination) {
    Optional<Arn> parsed = Arn.tryParse(destination);
    if (parsed.isEmpty() || !parsed.get().service().equals(kind.service())) {
      throw invalid("The ARN could not be parsed", kind.element(), destination);
    }
    Arn arn = parsed.get();
    if (!arn.region().equals(bucket.region())) {
      throw invalid(
          "The notification destination service region is not valid for the bucket location"
              + " constraint",
          kind.element(),
          destination);
    }
    if (kind != DestinationType.FUNCTION && arn.resource().endsWith(".fifo")) {
      throw invalid(
          "FIFO %s are not supported."
              .formatted(kind == DestinationType.QUEUE ? "SQS queues" : "SNS topics"),
          kind.element(),
          destination);
    }
  }

  private static void requireDistinctIds(List<NotificationRule> rules) {
    Set<String> ids = new HashSet<>();
    for (NotificationRule rule : rules) {
      if (!ids.add(rule.id())) {
        throw invalid(
            "Same ID used for multiple configurations. IDs must be unique", "Id", rule.id());
      }
    }
  }

  private static void requireNoOverlap(List<NotificationRule> rules) {
    for (int i = 0; i < rules.size(); i++) {
      for (int j = 0; j < i; j++) {
        NotificationRule earlier = rules.get(j);
        NotificationRule later = rules.get(i);
        earlier
            .keyMatchedAlsoBy(later)
            .ifPresent(
                key -> {
                  throw S3Error.INVALID_ARGUMENT
                      .because(
                          "Configuration is ambiguously defined. Cannot have overlapping suffixes"
                              + " or prefixes in two rules for the same event type: "
                              + earlier.id()
                              + " and "
                              + later.id()
                              + " would both match the key '"
                              + key
                              + "'.")
                      .with("ArgumentName", "Key")
                      .with("ArgumentValue", key);
                });
      }
    }
  }

  private static @Nullable NotificationConfigurationFilter filterOf(NotificationRule rule) {
    List<FilterRule> filters = new ArrayList<>();
    add(filters, "Prefix", rule.prefix());
    add(filters, "Suffix", rule.suffix());
    return filters.isEmpty()
        ? null
        : NotificationConfigurationFilter.builder().key(k -> k.filterRules(filters)).build();
  }

  private static void add(List<FilterRule> filters, String name, Filter filter) {
    if (filter.given()) {
      filters.add(FilterRule.builder().name(name).value(filter.value()).build());
    }
  }

  private static AwsException invalid(String message, String argument, String value) {
    return S3Error.INVALID_ARGUMENT
        .because(message)
        .with("ArgumentName", argument)
        .with("ArgumentValue", value);
  }
}
