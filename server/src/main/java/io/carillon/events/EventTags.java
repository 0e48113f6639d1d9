package io.carillon.events;

import io.carillon.aws.AwsException;
import io.carillon.aws.Caller;
import io.carillon.aws.Need;
import io.carillon.aws.TagRules;
import io.carillon.base.Arn;
import io.carillon.store.Database;
import io.carillon.store.Snapshot;
import io.carillon.store.Tx;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.eventbridge.model.ListTagsForResourceRequest;
import software.amazon.awssdk.services.eventbridge.model.ListTagsForResourceResponse;
import software.amazon.awssdk.services.eventbridge.model.Tag;
import software.amazon.awssdk.services.eventbridge.model.TagResourceRequest;
import software.amazon.awssdk.services.eventbridge.model.TagResourceResponse;
import software.amazon.awssdk.services.eventbridge.model.UntagResourceRequest;
import software.amazon.awssdk.services.eventbridge.model.UntagResourceResponse;

/// The tags of event buses and rules.
final class EventTags {
  private static final int MAX_ARN = 1_600;
  private static final Pattern KEY = Pattern.compile("[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+");
  private static final Pattern VALUE = Pattern.compile("[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*");

  private final Database database;
  private final Buses buses;
  private final Rules rules;

  EventTags(Database database, Buses buses, Rules rules) {
    this.database = database;
    this.buses = buses;
    this.rules = rules;
  }

  /// What has tags.
  private sealed interface Resource {
    record OfBus(BusKey key) implements Resource {}

    record OfRule(RuleKey key) implements Resource {}
  }

  /// The tags of a request.
  static Map<String, String> read(List<Tag> given) {
    Map<String, String> tags = new LinkedHashMap<>();
    for (Tag tag : given) {
      String key = EventsError.MEMBERS.text("tags.member.key", tag.key(), 1, 128, KEY);
      String value = EventsError.MEMBERS.text("tags.member.value", tag.value(), 0, 256, VALUE);
      if (TagRules.isReserved(key)) {
        throw EventsError.parameter("Tags", "Tag keys that start with 'aws:' are reserved.");
      }
      if (tags.put(key, value) != null) {
        throw EventsError.parameter("Tags", "Duplicate tag key " + key);
      }
    }
    TagRules.requireFew(tags, EventTags::tooMany);
    return tags;
  }

  static Map<String, String> merged(Map<String, String> old, Map<String, String> added) {
    return TagRules.merged(old, added, EventTags::tooMany);
  }

  private static AwsException tooMany() {
    return EventsError.LIMIT_EXCEEDED.because("A resource can have no more than 50 tags.");
  }

  static Need need(Caller caller, String action, @Nullable String resourceArn) {
    return Need.of("events:" + action, arn(caller, resourceArn));
  }

  TagResourceResponse tag(Caller caller, TagResourceRequest request) {
    Map<String, String> added = read(request.tags());
    change(
        resource(caller, request.resourceARN()),
        bus -> bus.withTags(added),
        rule -> rule.withTags(added));
    return TagResourceResponse.builder().build();
  }

  UntagResourceResponse untag(Caller caller, UntagResourceRequest request) {
    change(
        resource(caller, request.resourceARN()),
        bus -> bus.withoutTags(request.tagKeys()),
        rule -> rule.withoutTags(request.tagKeys()));
    return UntagResourceResponse.builder().build();
  }

  ListTagsForResourceResponse list(Caller caller, ListTagsForResourceRequest request) {
    Resource resource = resource(caller, request.resourceARN());
    Map<String, String> tags = database.read(snapshot -> tags(snapshot, resource));
    return ListTagsForResourceResponse.builder()
        .tags(
            tags.entrySet().stream()
                .map(tag -> Tag.builder().key(tag.getKey()).value(tag.getValue()).build())
                .toList())
        .build();
  }

  private void change(
      Resource resource, UnaryOperator<EventBus> ofBus, UnaryOperator<Rule> ofRule) {
    database.write(
        tx -> {
          change(tx, resource, ofBus, ofRule);
          return true;
        });
  }

  private void change(
      Tx tx, Resource resource, UnaryOperator<EventBus> ofBus, UnaryOperator<Rule> ofRule) {
    switch (resource) {
      case Resource.OfBus(var key) -> buses.put(tx, key, ofBus.apply(buses.require(tx, key)));
      case Resource.OfRule(var key) -> rules.put(tx, key, ofRule.apply(rules.require(tx, key)));
    }
  }

  private Map<String, String> tags(Snapshot snapshot, Resource resource) {
    return switch (resource) {
      case Resource.OfBus(var key) -> buses.require(snapshot, key).tags();
      case Resource.OfRule(var key) -> rules.require(snapshot, key).tags();
    };
  }

  private static Resource resource(Caller caller, @Nullable String text) {
    Arn arn = arn(caller, text);
    Optional<Resource> bus = BusKey.of(arn).map(Resource.OfBus::new);
    return bus.or(() -> RuleKey.of(arn).map(Resource.OfRule::new)).orElseThrow(() -> unknown(arn));
  }

  /// @throws io.carillon.aws.AwsException also for resources of other accounts and regions
  private static Arn arn(Caller caller, @Nullable String text) {
    String given = EventsError.MEMBERS.length("resourceARN", text, 1, MAX_ARN);
    Arn arn =
        Arn.tryParse(given)
            .filter(parsed -> parsed.service().equals("events"))
            .orElseThrow(
                () ->
                    EventsError.parameter("ResourceARN", "Provided Arn is not in correct format."));
    if (!arn.equals(caller.arn("events", arn.resource()))) {
      throw unknown(arn);
    }
    return arn;
  }

  private static AwsException unknown(Arn arn) {
    return EventsError.RESOURCE_NOT_FOUND.because("Resource " + arn + " does not exist.");
  }
}
