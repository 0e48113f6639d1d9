package io.carillon.aws.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.aws.Clients;
import io.carillon.aws.DirectClient;
import io.carillon.aws.Operations;
import io.carillon.aws.Specs;
import io.carillon.aws.pipeline.RequestPipeline;
import io.carillon.http.Headers;
import io.carillon.http.Request;
import io.carillon.http.Response;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import software.amazon.awssdk.core.SdkPojo;

/// Valid requests with some bytes changed, dropped or repeated get a success or a client error,
/// never an internal error.
class MutatedRequestsTest {
  private static final String XML = "application/xml";
  private static final String FORM = "application/x-www-form-urlencoded";
  private static final String JSON = "application/x-amz-json-1.0";

  record Seed(
      String host, String method, String target, String type, String amzTarget, String body) {}

  private static final List<Seed> SEEDS =
      List.of(
          new Seed(
              "localhost",
              "PUT",
              "/b?notification",
              XML,
              "",
              "<NotificationConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
                  + "<CloudFunctionConfiguration><Id>i</Id><CloudFunction>arn:aws:lambda:us-east-1:"
                  + "000000000000:function:f</CloudFunction><Event>s3:ObjectCreated:*</Event>"
                  + "<Filter><S3Key><FilterRule><Name>suffix</Name><Value>.jpg</Value></FilterRule>"
                  + "</S3Key></Filter></CloudFunctionConfiguration></NotificationConfiguration>"),
          new Seed(
              "localhost",
              "POST",
              "/b?delete",
              XML,
              "",
              "<Delete><Object><Key>a&amp;b</Key><Size>1</Size></Object><Quiet>true</Quiet></Delete>"),
          new Seed("b.localhost", "GET", "/?list-type=2&max-keys=10&prefix=%C3%BC", "", "", ""),
          new Seed("localhost", "GET", "/b/k%20%2Fx?partNumber=1&versionId=v&x-id=a", "", "", ""),
          new Seed(
              "sns.localhost",
              "POST",
              "/",
              FORM,
              "",
              "Action=Publish&Version=2010-03-31&TopicArn=a&Message=m%26m&MessageAttributes.entry.1."
                  + "Name=n&MessageAttributes.entry.1.Value.DataType=String"),
          new Seed(
              "iam.localhost",
              "POST",
              "/",
              FORM,
              "",
              "Action=CreateRole&Version=2010-05-08&RoleName=r&AssumeRolePolicyDocument=%7B%7D&"
                  + "Tags.member.1.Key=k&Tags.member.1.Value=v"),
          new Seed(
              "sqs.localhost",
              "POST",
              "/",
              FORM,
              "",
              "Action=SendMessageBatch&Version=2012-11-05&QueueUrl=q&SendMessageBatchRequestEntry.1."
                  + "Id=i&SendMessageBatchRequestEntry.1.MessageBody=m&"
                  + "SendMessageBatchRequestEntry.1.DelaySeconds=5"),
          new Seed(
              "sqs.localhost",
              "POST",
              "/",
              JSON,
              "AmazonSQS.SendMessage",
              "{\"QueueUrl\":\"q\",\"MessageBody\":\"m\",\"DelaySeconds\":5,\"MessageAttributes\":{\"n\":{\"DataType\":"
                  + "\"Binary\",\"BinaryValue\":\"AAEC\"}}}"),
          new Seed(
              "logs.localhost",
              "POST",
              "/",
              JSON,
              "Logs_20140328.PutLogEvents",
              "{\"logGroupName\":\"g\",\"logStreamName\":\"s\",\"logEvents\":[{\"timestamp\":1700000000000,\"message\":"
                  + "\"\\u00fc\"}]}"),
          new Seed(
              "localhost",
              "POST",
              "/2015-03-31/functions",
              "application/json",
              "",
              "{\"FunctionName\":\"f\",\"Role\":\"r\",\"Timeout\":3,\"Code\":{\"ZipFile\":\"UEsDBA==\"},\"Layers\":"
                  + "[\"l\"],\"Environment\":{\"Variables\":{\"A\":\"b\"}},\"Publish\":true}"),
          new Seed(
              "localhost",
              "POST",
              "/2015-03-31/functions/f%3Ax/invocations?Qualifier=1",
              "",
              "",
              "{}"));

  private final RequestPipeline pipeline = Clients.pipeline(all().toArray(Operations[]::new));

  private static List<Operations> all() {
    Shapes shapes = new Shapes();
    return Specs.names().stream()
        .map(
            service -> {
              Operations operations = Operations.of(Specs.of(service));
              for (Model.Entry entry : Model.of(Specs.of(service))) {
                Class<?> output = Marshallers.outputClass(service, entry);
                operations.open(
                    Marshallers.inputClass(service, entry).asSubclass(SdkPojo.class),
                    "a test of the codec",
                    (_, _) -> Shapes.build(shapes.builder(output)));
              }
              return operations;
            })
        .toList();
  }

  @Provide
  Arbitrary<Seed> seeds() {
    return Arbitraries.of(SEEDS);
  }

  @Property(tries = 200)
  void validRequestsSucceed(@ForAll("seeds") Seed seed) throws Exception {
    assertThat(answer(seed.target(), bytes(seed.body()), seed).status()).isLessThan(300);
  }

  @Property(tries = 2000)
  void mutatedRequestsNeverCauseInternalErrors(@ForAll("seeds") Seed seed, @ForAll long randomness)
      throws Exception {
    Random random = new Random(randomness);
    byte[] body = bytes(seed.body());
    String target = seed.target();
    for (int changes = random.nextInt(4); changes >= 0; changes--) {
      if (body.length > 0 && random.nextInt(4) > 0) {
        body = mutate(body, random);
      } else {
        target = "/" + new String(mutate(bytes(target), random), StandardCharsets.ISO_8859_1);
      }
    }
    Response response = answer(target, body, seed);
    assertThat(response.status()).isBetween(200, 499);
  }

  private Response answer(String target, byte[] body, Seed seed) throws Exception {
    Headers headers = new Headers().add("Host", seed.host());
    if (!seed.type().isEmpty()) {
      headers.add("Content-Type", seed.type());
    }
    if (!seed.amzTarget().isEmpty()) {
      headers.add("X-Amz-Target", seed.amzTarget());
    }
    Request request = DirectClient.request(seed.method(), target, headers, body);
    return pipeline.handle(request);
  }

  private static byte[] mutate(byte[] bytes, Random random) {
    int at = random.nextInt(bytes.length + 1);
    int length = Math.min(bytes.length - at, random.nextInt(12));
    byte[] middle =
        switch (random.nextInt(5)) {
          case 0 -> new byte[0];
          case 1 -> new byte[] {(byte) random.nextInt(256)};
          case 2 -> repeat(bytes, at, length, 2);
          case 3 -> repeat(bytes, at, length, 50);
          default ->
              bytes(
                  List.of("<!--", "]]>", "&#x0;", "%", "\uFFFF", "9e99", "null", "..")
                      .get(random.nextInt(8)));
        };
    int after = at + length;
    byte[] mutated = new byte[at + middle.length + bytes.length - after];
    System.arraycopy(bytes, 0, mutated, 0, at);
    System.arraycopy(middle, 0, mutated, at, middle.length);
    System.arraycopy(bytes, after, mutated, at + middle.length, bytes.length - after);
    return mutated;
  }

  private static byte[] repeat(byte[] bytes, int at, int length, int times) {
    return bytes(new String(bytes, at, length, StandardCharsets.ISO_8859_1).repeat(times));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }
}
