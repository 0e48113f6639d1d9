package io.carillon.aws.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.aws.AwsException;
import io.carillon.aws.CommonError;
import io.carillon.aws.Specs;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.core.SdkPojo;
import software.amazon.awssdk.services.iam.model.CreateRoleRequest;
import software.amazon.awssdk.services.iam.model.Tag;
import software.amazon.awssdk.services.sns.model.PublishRequest;
import software.amazon.awssdk.services.sns.model.SubscribeRequest;
import software.amazon.awssdk.services.sns.model.TagResourceRequest;
import software.amazon.awssdk.services.sqs.model.GetQueueAttributesRequest;
import software.amazon.awssdk.services.sqs.model.MessageAttributeValue;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;
import software.amazon.awssdk.services.sqs.model.SendMessageBatchRequest;
import software.amazon.awssdk.services.sqs.model.SendMessageBatchRequestEntry;
import software.amazon.awssdk.services.sqs.model.SetQueueAttributesRequest;
import software.amazon.awssdk.services.sqs.model.TagQueueRequest;

class QueryDecoderTest {
  private static FlattenedNaming naming() {
    return new FlattenedNaming(Specs.of("sqs").query().orElseThrow().flattened().orElseThrow());
  }

  private final QueryDecoder decoder = new QueryDecoder(new Shapes());
  private final QueryDecoder sqs =
      new QueryDecoder(new Shapes(RequiredMembers.of(Specs.of("sqs")), naming()));

  private static <B extends SdkPojo> B read(QueryDecoder decoder, String form, B builder) {
    decoder.read(Parameters.parse(form), builder);
    return builder;
  }

  @Test
  void protocolParametersAreNotMembers() {
    String form = "Action=CreateRole&Version=2010-05-08&RoleName=r&X-Amz-Date=x&X-Amz-Signature=00";
    assertThat(read(decoder, form, CreateRoleRequest.builder()).build())
        .isEqualTo(CreateRoleRequest.builder().roleName("r").build());
  }

  @Test
  void listsAreSortedByNumberAndMayHaveGaps() {
    String form = "Tags.member.10.Key=b&Tags.member.10.Value=2&Tags.member.2.Key=a";
    assertThat(read(decoder, form, CreateRoleRequest.builder()).build().tags())
        .containsExactly(Tag.builder().key("a").build(), Tag.builder().key("b").value("2").build());
  }

  /// As botocore sends an empty list: under the model's name, since it has no item to number.
  @ParameterizedTest
  @ValueSource(strings = {"AttributeNames=", "AttributeName="})
  void anEmptyFlattenedListIsAccepted(String form) {
    GetQueueAttributesRequest read = read(sqs, form, GetQueueAttributesRequest.builder()).build();

    assertThat(read.hasAttributeNames()).isTrue();
    assertThat(read.attributeNames()).isEmpty();
  }

  @Test
  void aNonEmptyListHasNumberedNames() {
    assertThatThrownBy(() -> read(sqs, "AttributeNames=All", GetQueueAttributesRequest.builder()))
        .isInstanceOf(AwsException.class);
  }

  @Test
  void anEmptyValueIsAListWithoutItems() {
    assertThat(read(decoder, "Tags=", CreateRoleRequest.builder()).build().hasTags()).isTrue();
  }

  @Test
  void mapsAreEntries() {
    String form =
        "Attributes.entry.1.key=RawMessageDelivery&Attributes.entry.1.value=true"
            + "&Attributes.entry.2.value=b&Attributes.entry.2.key=a";
    assertThat(read(decoder, form, SubscribeRequest.builder()).build().attributes())
        .isEqualTo(Map.of("RawMessageDelivery", "true", "a", "b"));
  }

  @Test
  void mapsOfStructuresHaveTheirOwnNames() {
    String form =
        "MessageAttributes.entry.1.Name=n&MessageAttributes.entry.1.Value.DataType=Binary"
            + "&MessageAttributes.entry.1.Value.BinaryValue=AAEC";
    assertThat(read(decoder, form, PublishRequest.builder()).build().messageAttributes())
        .isEqualTo(
            Map.of(
                "n",
                software.amazon.awssdk.services.sns.model.MessageAttributeValue.builder()
                    .dataType("Binary")
                    .binaryValue(SdkBytes.fromByteArray(new byte[] {0, 1, 2}))
                    .build()));
  }

  /// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/ has these forms.
  @Test
  void sqsListsAreFlattenedWithSingularNames() {
    assertThat(
            read(
                    sqs,
                    "Attribute.1.Name=VisibilityTimeout&Attribute.1.Value=35",
                    SetQueueAttributesRequest.builder())
                .build()
                .attributesAsStrings())
        .isEqualTo(Map.of("VisibilityTimeout", "35"));
    assertThat(
            read(
                    sqs,
                    "AttributeName.1=All&AttributeName.2=QueueArn",
                    GetQueueAttributesRequest.builder())
                .build()
                .attributeNames())
        .containsExactly(QueueAttributeName.ALL, QueueAttributeName.QUEUE_ARN);
    assertThat(
            read(sqs, "Tag.1.Key=QueueType&Tag.1.Value=Production", TagQueueRequest.builder())
                .build()
                .tags())
        .isEqualTo(Map.of("QueueType", "Production"));
    assertThat(
            read(
                    sqs,
                    "SendMessageBatchRequestEntry.1.Id=a&SendMessageBatchRequestEntry.1.MessageBody=m"
                        + "&SendMessageBatchRequestEntry.1.MessageAttribute.1.Name=n"
                        + "&SendMessageBatchRequestEntry.1.MessageAttribute.1.Value.StringValue=v"
                        + "&SendMessageBatchRequestEntry.1.MessageAttribute.1.Value.DataType=String",
                    SendMessageBatchRequest.builder())
                .build()
                .entries())
        .isEqualTo(
            List.of(
                SendMessageBatchRequestEntry.builder()
                    .id("a")
                    .messageBody("m")
                    .messageAttributes(
                        Map.of(
                            "n",
                            MessageAttributeValue.builder()
                                .stringValue("v")
                                .dataType("String")
                                .build()))
                    .build()));
  }

  @ParameterizedTest
  @CsvSource({
    "Surprise=1, Surprise",
    "Tags.member.1.Surprise=1, Tags.member.1.Surprise",
    "RoleName.x=1, RoleName",
    "RoleName=a&RoleName=b, RoleName",
    "RoleName=a&RoleName.x=b, RoleName",
    "MaxSessionDuration=many, MaxSessionDuration",
    "MaxSessionDuration=1e3, MaxSessionDuration",
    "MaxSessionDuration=+5, MaxSessionDuration",
    "MaxSessionDuration=, MaxSessionDuration",
    "Tags=x, Tags",
    "Tags.1.Key=a, Tags",
    "Tags.member.x.Key=a, Tags.member.x",
    "Tags.member.01.Key=a, Tags.member.01",
    "Tags.member.9999999.Key=a, Tags.member.9999999",
    "Tags.member.1=a, Tags.member.1",
    "Tags.member.1.Key=a&Tags.other=b, Tags",
    "a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r.s.t.u.v.w.x.y.z.0.1.2.3.4.5.6.7=x, nested",
  })
  void parametersOutsideTheShapeAreRejectedByName(String form, String named) {
    assertThatThrownBy(() -> read(decoder, form, CreateRoleRequest.builder()))
        .isInstanceOfSatisfying(
            AwsException.class,
            e ->
                assertThat(e.error())
                    .isIn(CommonError.VALIDATION, CommonError.INVALID_PARAMETER_VALUE))
        .hasMessageContaining(named);
  }

  @ParameterizedTest
  @CsvSource({
    "Attributes.entry.1.key=a",
    "Attributes.entry.1.value=a",
    "Attributes.entry.1.key=a&Attributes.entry.1.value=b&Attributes.entry.1.x=c",
    "Attributes.entry.1.key=a&Attributes.entry.1.value=b&Attributes.entry.2.key=a&Attributes.entry.2.value=c",
  })
  void anEntryIsOneKeyAndItsValue(String form) {
    assertThatThrownBy(() -> read(decoder, form, SubscribeRequest.builder()))
        .isInstanceOf(AwsException.class)
        .hasMessageContaining("Attributes.entry");
  }

  @ParameterizedTest
  @CsvSource({"%", "a=%", "a=%4", "a=%GG", "a=%FF", "a=%C3", "%ED%A0%80=surrogate", "a=%C0%80"})
  void malformedEncodingIsRejected(String form) {
    assertThatThrownBy(() -> Parameters.parse(form))
        .isInstanceOfSatisfying(
            AwsException.class, e -> assertThat(e.error()).isEqualTo(CommonError.INVALID_URI));
  }

  @Test
  void theNumberOfParametersIsBounded() {
    assertThatThrownBy(() -> Parameters.parse("a&".repeat(10_001)))
        .isInstanceOfSatisfying(
            AwsException.class,
            e -> assertThat(e.error()).isEqualTo(CommonError.REQUEST_ENTITY_TOO_LARGE));
  }

  @Property
  void valuesSurviveARoundTrip(@ForAll String arn, @ForAll String key) {
    String form =
        "ResourceArn=" + encode(arn) + "&Tags.member.1.Key=" + encode(key) + "&&Action=TagResource";
    TagResourceRequest request = read(decoder, form, TagResourceRequest.builder()).build();
    assertThat(request.resourceArn()).isEqualTo(utf8(arn));
    assertThat(request.tags().getFirst().key()).isEqualTo(utf8(key));
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  /// Lone surrogates do not survive any encoding.
  private static String utf8(String text) {
    return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
  }
}
