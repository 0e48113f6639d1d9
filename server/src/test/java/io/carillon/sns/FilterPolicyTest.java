package io.carillon.sns;

import static io.carillon.sns.TopicOperationsTest.assertInvalid;
import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.messaging.MessageAttribute;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import software.amazon.awssdk.services.sns.model.MessageAttributeValue;
import software.amazon.awssdk.services.sns.model.PublishRequest;
import software.amazon.awssdk.services.sns.model.SetSubscriptionAttributesRequest;

class FilterPolicyTest {
  private static final String S3_EVENT =
      """
      {"Records":[{"eventName":"ObjectCreated:Put","s3":{"bucket":{"name":"photos"},
      "object":{"key":"in/cat.jpg","size":1024}}},{"eventName":"ObjectRemoved:Delete","s3":
      {"bucket":{"name":"photos"},"object":{"key":"in/dog.png"}}}]}\
      """;

  /// The attributes are `name:type=value`, separated by commas.
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {"store":["a","b"]}                              | store:String=b                    | true
          {"store":["a","b"]}                              | store:String=B                    | false
          {"store":["a"]}                                  | other:String=a                    | false
          {"store":["a"],"n":[1]}                          | store:String=a                    | false
          {"store":["a"],"n":[1]}                          | store:String=a,n:Number=1         | true
          {"store":[{"prefix":"ab"}]}                      | store:String=abc                  | true
          {"store":[{"suffix":"bc"}]}                      | store:String=abc                  | true
          {"store":[{"wildcard":"a*c"}]}                   | store:String=abbbc                | true
          {"store":[{"wildcard":"a*c"}]}                   | store:String=ab                   | false
          {"store":[{"anything-but":["a","b"]}]}           | store:String=c                    | true
          {"store":[{"anything-but":["a","b"]}]}           | store:String=b                    | false
          {"store":[{"anything-but":{"prefix":"x"}}]}      | store:String=xa                   | false
          {"store":[{"anything-but":{"suffix":"x"}}]}      | store:String=xa                   | true
          {"store":[{"equals-ignore-case":"ABC"}]}         | store:String=aBc                  | true
          {"store":[{"exists":true}]}                      | store:String=a                    | true
          {"store":[{"exists":false}]}                     | store:String=a                    | false
          {"store":[{"exists":false}]}                     | other:String=a                    | true
          {"ip":[{"cidr":"10.0.0.0/24"}]}                  | ip:String=10.0.0.7                | true
          {"ip":[{"cidr":"10.0.0.0/24"}]}                  | ip:String=10.0.1.7                | false
          {"n":[{"numeric":["=",301.5]}]}                  | n:Number=301.5                    | true
          {"n":[{"numeric":[">",0,"<=",100]}]}             | n:Number=100                      | true
          {"n":[{"numeric":[">",0,"<=",100]}]}             | n:Number=100.01                   | false
          {"n":[100]}                                      | n:Number=1e2                      | true
          {"n":[100]}                                      | n:String=100                      | false
          {"n":["100"]}                                    | n:String=100                      | true
          {"n":[{"numeric":["<",0]}]}                      | n:Number=-1000000000              | true
          {"n":[{"numeric":["<",0]}]}                      | n:Number=-9e99                    | true
          {"list":["b"]}                                   | list:String.Array=["a";"b"]       | true
          {"list":["c"]}                                   | list:String.Array=["a";"b"]       | false
          {"list":[2]}                                     | list:String.Array=["a";2]         | true
          {"list":[{"anything-but":["a"]}]}                | list:String.Array=["a";"b"]       | true
          {"$or":[{"a":["1"]},{"b":["1"]}]}                | b:String=1                        | true
          {"$or":[{"a":["1"]},{"b":["1"]}]}                | c:String=1                        | false
          {"c":["1"],"$or":[{"a":["1"]},{"b":["1"]}]}      | b:String=1                        | false
          {"c":["1"],"$or":[{"a":["1"]},{"b":["1"]}]}      | b:String=1,c:String=1             | true
          """)
  void attributesAreMatched(String policy, String attributes, boolean accepted) {
    FilterPolicy.check(policy, FilterPolicy.Scope.MESSAGE_ATTRIBUTES);

    assertThat(
            FilterPolicy.of(policy, FilterPolicy.Scope.MESSAGE_ATTRIBUTES)
                .accepts(input(attributes(attributes), "not even JSON"), SubscriptionProtocol.SQS))
        .isEqualTo(accepted);
  }

  @Test
  void binaryAttributesMatchNothing() {
    Map<String, MessageAttribute> binary =
        Map.of("b", new MessageAttribute("Binary", null, new byte[] {'x'}));

    assertThat(accepts("{\"b\":[\"x\"]}", binary)).isFalse();
    assertThat(accepts("{\"b\":[{\"exists\":true}]}", binary)).isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {"Records":{"s3":{"object":{"key":[{"suffix":".jpg"}]}}}}                          | true
          {"Records":{"s3":{"object":{"key":[{"suffix":".gif"}]}}}}                          | false
          {"Records":{"eventName":[{"prefix":"ObjectRemoved"}],"s3":{"object":{"key":[{"prefix":"in/dog"}]}}}} | true
          {"Records":{"eventName":[{"prefix":"ObjectRemoved"}],"s3":{"object":{"key":[{"prefix":"in/cat"}]}}}} | false
          {"Records":{"s3":{"object":{"size":[{"numeric":[">",1000]}]}}}}                    | true
          {"Missing":[{"exists":false}]}                                                     | true
          """)
  void nestedBodiesAreMatched(String policy, boolean accepted) {
    FilterPolicy.check(policy, FilterPolicy.Scope.MESSAGE_BODY);

    assertThat(
            FilterPolicy.of(policy, FilterPolicy.Scope.MESSAGE_BODY)
                .accepts(input(Map.of(), S3_EVENT), SubscriptionProtocol.SQS))
        .isEqualTo(accepted);
  }

  @Test
  void aBodyThatIsNotAnObjectNeverMatches() {
    FilterPolicy policy =
        FilterPolicy.of("{\"a\":[{\"exists\":false}]}", FilterPolicy.Scope.MESSAGE_BODY);

    for (String body : new String[] {"text", "[1]", "7", "{\"a\":", "", "{} {}"}) {
      assertThat(policy.accepts(input(Map.of(), body), SubscriptionProtocol.SQS))
          .as(body)
          .isFalse();
    }
    assertThat(policy.accepts(input(Map.of(), "{}"), SubscriptionProtocol.SQS)).isTrue();
    assertThat(
            policy.accepts(
                input(Map.of(), "{\"x\":".repeat(5_000) + "1" + "}".repeat(5_000)),
                SubscriptionProtocol.SQS))
        .isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          MESSAGE_ATTRIBUTES | []                                       | failed to parse JSON
          MESSAGE_ATTRIBUTES | {"a":["b"]} x                            | failed to parse JSON
          MESSAGE_ATTRIBUTES | {"a":["b"],"a":["c"]}                    | failed to parse JSON
          MESSAGE_ATTRIBUTES | {"a":"b"}                                | "a" must be an object or an array
          MESSAGE_ATTRIBUTES | {"a":[]}                                 | Empty arrays are not allowed
          MESSAGE_ATTRIBUTES | {"a":[["b"]]}                            | Match value must be
          MESSAGE_ATTRIBUTES | {"a":{"b":["c"]}}                        | does not support nested filter policy
          MESSAGE_ATTRIBUTES | {"a":[{"like":"b"}]}                     | Unrecognized match type like
          MESSAGE_ATTRIBUTES | {"a":[{"numeric":["~",1]}]}              | FilterPolicy
          MESSAGE_ATTRIBUTES | {"a":[{"cidr":"10.0.0.0/64"}]}           | FilterPolicy
          MESSAGE_ATTRIBUTES | {"a":[1000000001]}                       | between -1.0E9 and 1.0E9
          MESSAGE_ATTRIBUTES | {"a":[{"numeric":["=",1000000001]}]}     | between -1.0E9 and 1.0E9
          MESSAGE_ATTRIBUTES | {"a":[0.123456]}                         | digits after the point
          MESSAGE_ATTRIBUTES | {"a":[{"wildcard":"*a*b*c*"}]}           | more than 3 wildcards
          MESSAGE_ATTRIBUTES | {"a":[1],"b":[1],"c":[1],"d":[1],"e":[1],"f":[1]} | more than 5 keys
          MESSAGE_BODY       | {"a":{}}                                 | Empty objects are not allowed
          MESSAGE_BODY       | {"a":{"b":7}}                            | must be an object or an array
          """)
  void policiesAreChecked(FilterPolicy.Scope scope, String policy, String message) {
    assertInvalid(() -> FilterPolicy.check(policy, scope), message);
  }

  @Test
  void combinationsAreLimited() {
    FilterPolicy.check(
        "{\"a\":" + values(10) + ",\"b\":" + values(15) + "}",
        FilterPolicy.Scope.MESSAGE_ATTRIBUTES);
    assertInvalid(
        () ->
            FilterPolicy.check(
                "{\"a\":" + values(10) + ",\"b\":" + values(16) + "}",
                FilterPolicy.Scope.MESSAGE_ATTRIBUTES),
        "160 combinations");
    FilterPolicy.check("{\"x\":{\"a\":" + values(75) + "}}", FilterPolicy.Scope.MESSAGE_BODY);
    assertInvalid(
        () ->
            FilterPolicy.check(
                "{\"x\":{\"a\":" + values(76) + "}}", FilterPolicy.Scope.MESSAGE_BODY),
        "152 combinations");
    FilterPolicy.check(
        "{\"$or\":[{\"a\":" + values(75) + "},{\"b\":" + values(75) + "}]}",
        FilterPolicy.Scope.MESSAGE_ATTRIBUTES);
    assertInvalid(
        () ->
            FilterPolicy.check(
                "{\"$or\":[{\"a\":" + values(75) + "},{\"b\":" + values(76) + "}]}",
                FilterPolicy.Scope.MESSAGE_ATTRIBUTES),
        "151 combinations");
    assertInvalid(
        () ->
            FilterPolicy.check(
                "{\"a\":[\"" + "x".repeat(262_144) + "\"]}", FilterPolicy.Scope.MESSAGE_BODY),
        "too large");
    assertInvalid(
        () ->
            FilterPolicy.check(
                "{\"x\":".repeat(30) + "[1]" + "}".repeat(30), FilterPolicy.Scope.MESSAGE_BODY),
        "nested too deeply");
  }

  @Test
  void aSubscriptionReceivesOnlyMatchingMessages() {
    SnsFixture fixture = new SnsFixture();
    String topic = fixture.createTopic("news");
    String queue = "arn:aws:sqs:eu-central-1:111111111111:";
    fixture.subscribe(topic, "sqs", queue + "all");
    fixture.subscribe(topic, "sqs", queue + "red", "FilterPolicy", "{\"colour\":[\"red\"]}");
    String byBody =
        fixture.subscribe(
            topic,
            "sqs",
            queue + "body",
            "FilterPolicyScope",
            "MessageBody",
            "FilterPolicy",
            "{\"a\":{\"b\":[1]}}");

    publish(fixture, topic, "red", "{\"a\":{\"b\":1}}");
    publish(fixture, topic, "blue", "{\"a\":{\"b\":2}}");
    fixture.runDue();
    assertThat(fixture.serviceMessages)
        .extracting(serviceMessage -> serviceMessage.destination().resource())
        .containsExactlyInAnyOrder("all", "red", "body", "all");

    // Changing the scope validates the filter policy again.
    assertInvalid(
        () ->
            fixture.call(
                fixture.alice,
                SetSubscriptionAttributesRequest.builder()
                    .subscriptionArn(byBody)
                    .attributeName("FilterPolicyScope")
                    .attributeValue("MessageAttributes")
                    .build()),
        "nested filter policy");
  }

  private static void publish(SnsFixture fixture, String topic, String colour, String body) {
    fixture.call(
        fixture.alice,
        PublishRequest.builder()
            .topicArn(topic)
            .message(body)
            .messageAttributes(
                Map.of(
                    "colour",
                    MessageAttributeValue.builder().dataType("String").stringValue(colour).build()))
            .build());
  }

  private static boolean accepts(String policy, Map<String, MessageAttribute> attributes) {
    return FilterPolicy.of(policy, FilterPolicy.Scope.MESSAGE_ATTRIBUTES)
        .accepts(input(attributes, ""), SubscriptionProtocol.SQS);
  }

  private static String values(int count) {
    StringBuilder values = new StringBuilder("[0");
    for (int i = 1; i < count; i++) {
      values.append(',').append(i);
    }
    return values.append(']').toString();
  }

  private static Map<String, MessageAttribute> attributes(String text) {
    Map<String, MessageAttribute> attributes = new LinkedHashMap<>();
    for (String one : text.split(",", -1)) {
      String name = one.substring(0, one.indexOf(':'));
      String type = one.substring(one.indexOf(':') + 1, one.indexOf('='));
      String value = one.substring(one.indexOf('=') + 1).replace(';', ',');
      attributes.put(name, new MessageAttribute(type, value, null));
    }
    return attributes;
  }

  private static FilterInput input(Map<String, MessageAttribute> attributes, String body) {
    return new FilterInput(
        new Message(
            "id", "arn", "topic", "", body, Map.of(), attributes, null, null, Instant.EPOCH));
  }
}
