package io.carillon.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.iam.IamClient;
import software.amazon.awssdk.services.lambda.LambdaClient;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.Event;
import software.amazon.awssdk.services.s3.model.LambdaFunctionConfiguration;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.Message;

/// A common mistake: a function that writes into the bucket that triggers it. It runs sixteen
/// times, then its event is sent to the failure destination. Source:
/// https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
class RecursionTest {
  private static final String QUEUE = "arn:aws:sqs:us-east-1:000000000000:dropped";

  @TempDir Path folder;

  @Test
  void recursiveFunctionsAreStoppedAfterSixteenRuns() throws Exception {
    Requirements.program("python3", "-c", "import boto3");
    try (Carillon server = Carillon.start(folder);
        S3Client s3 = Clients.root(server).s3();
        SqsClient sqs = Clients.root(server).sqs()) {
      String queue = sqs.createQueue(r -> r.queueName("dropped")).queueUrl();
      provision(server, s3);

      s3.putObject(r -> r.bucket("loop").key("n"), RequestBody.fromString("start"));

      JsonNode record = new ObjectMapper().readTree(receive(sqs, queue).body());
      assertThat(record.at("/requestContext/condition").asText())
          .isEqualTo("RecursiveInvocationException");
      String last = "n" + "+".repeat(16);
      assertThat(record.at("/requestPayload/Records/0/s3/object/key").asText())
          .isEqualTo("n" + "%2B".repeat(16));
      assertThat(s3.listObjectsV2(r -> r.bucket("loop")).contents())
          .extracting(o -> o.key())
          .as("the first and what sixteen runs wrote")
          .hasSize(17)
          .contains(last);
      assertThat(server.cli("trace", "loop/" + last).expectSuccess().output())
          .contains("recursive loop");
    }
  }

  private static void provision(Carillon server, S3Client s3) throws Exception {
    try (IamClient iam = Clients.root(server).iam();
        LambdaClient lambda = Clients.root(server).lambda()) {
      String role =
          iam.createRole(
                  r ->
                      r.roleName("loops")
                          .assumeRolePolicyDocument(Functions.trust("lambda.amazonaws.com")))
              .role()
              .arn();
      iam.putRolePolicy(
          r ->
              r.roleName("loops")
                  .policyName("all")
                  .policyDocument(
                      """
                      {"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
                       "Action": ["s3:PutObject", "sqs:SendMessage"], "Resource": "*"}]}\
                      """));
      s3.createBucket(r -> r.bucket("loop"));
      String function =
          Functions.create(
                  lambda,
                  "loop",
                  role,
                  "import boto3, urllib.parse",
                  "key = event['Records'][0]['s3']['object']['key']",
                  "key = urllib.parse.unquote_plus(key) + '+'",
                  "boto3.client('s3').put_object(Bucket='loop', Key=key, Body=b'again')")
              .functionArn();
      lambda.putFunctionEventInvokeConfig(
          r ->
              r.functionName("loop")
                  .destinationConfig(d -> d.onFailure(f -> f.destination(QUEUE))));
      lambda.addPermission(
          r ->
              r.functionName("loop")
                  .statementId("s3")
                  .action("lambda:InvokeFunction")
                  .principal("s3.amazonaws.com")
                  .sourceArn("arn:aws:s3:::loop"));
      s3.putBucketNotificationConfiguration(
          r ->
              r.bucket("loop")
                  .notificationConfiguration(
                      n ->
                          n.lambdaFunctionConfigurations(
                              LambdaFunctionConfiguration.builder()
                                  .lambdaFunctionArn(function)
                                  .events(Event.S3_OBJECT_CREATED)
                                  .build())));
    }
  }

  private static Message receive(SqsClient sqs, String queue) {
    for (int polls = 0; polls < 12; polls++) {
      List<Message> messages =
          sqs.receiveMessage(r -> r.queueUrl(queue).waitTimeSeconds(10)).messages();
      if (!messages.isEmpty()) {
        return messages.getFirst();
      }
    }
    throw new AssertionError("nothing has come");
  }
}
