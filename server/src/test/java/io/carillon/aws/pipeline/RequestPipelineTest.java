package io.carillon.aws.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.carillon.aws.Caller;
import io.carillon.aws.Clients;
import io.carillon.aws.CommonError;
import io.carillon.aws.DirectClient;
import io.carillon.aws.ErrorCode;
import io.carillon.aws.Need;
import io.carillon.aws.Operations;
import io.carillon.aws.Principal;
import io.carillon.aws.Specs;
import io.carillon.http.Body;
import io.carillon.http.BodyOf;
import io.carillon.http.Headers;
import io.carillon.http.Request;
import io.carillon.http.Response;
import io.carillon.store.ContendedException;
import io.carillon.store.UnknownOutcomeException;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.cloudwatchlogs.CloudWatchLogsClient;
import software.amazon.awssdk.services.cloudwatchlogs.model.CreateLogGroupRequest;
import software.amazon.awssdk.services.cloudwatchlogs.model.CreateLogGroupResponse;
import software.amazon.awssdk.services.iam.IamClient;
import software.amazon.awssdk.services.iam.model.ListUsersRequest;
import software.amazon.awssdk.services.iam.model.ListUsersResponse;
import software.amazon.awssdk.services.lambda.LambdaClient;
import software.amazon.awssdk.services.lambda.model.GetFunctionRequest;
import software.amazon.awssdk.services.lambda.model.ListFunctionsRequest;
import software.amazon.awssdk.services.lambda.model.ListFunctionsResponse;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.HeadBucketRequest;
import software.amazon.awssdk.services.s3.model.HeadBucketResponse;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Request;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.PutObjectResponse;
import software.amazon.awssdk.services.sns.SnsClient;
import software.amazon.awssdk.services.sns.model.ConfirmSubscriptionRequest;
import software.amazon.awssdk.services.sns.model.ConfirmSubscriptionResponse;
import software.amazon.awssdk.services.sns.model.CreateTopicRequest;
import software.amazon.awssdk.services.sns.model.CreateTopicResponse;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.ListQueuesRequest;
import software.amazon.awssdk.services.sqs.model.ListQueuesResponse;
import software.amazon.awssdk.services.sqs.model.SendMessageRequest;
import software.amazon.awssdk.services.sqs.model.SendMessageResponse;

class RequestPipelineTest {
  private final List<String> ran = new ArrayList<>();
  private final AtomicReference<Caller> caller = new AtomicReference<>();
  private final List<Need> needed = new ArrayList<>();

  private Caller caller() {
    return Objects.requireNonNull(caller.get());
  }

  private <I, O> Operations.Run<I, O> answering(O output) {
    return (who, input) -> {
      ran.add(input.toString());
      caller.set(who);
      return output;
    };
  }

  private Operations s3() {
    return Operations.of(Specs.of("s3"))
        .anywhere(
            ListObjectsV2Request.class,
            answering(ListObjectsV2Response.builder().name("x").build()))
        .anywhere(HeadBucketRequest.class, answering(HeadBucketResponse.builder().build()))
        .streaming(
            PutObjectRequest.class,
            (_, _) -> List.of(Need.anywhere("s3:PutObject")),
            (who, input, http) -> {
              ran.add(
                  input.key()
                      + "="
                      + new String(http.body().readAllBytes(), StandardCharsets.UTF_8));
              caller.set(who);
              return Response.of(200).header("ETag", "\"e\"");
            });
  }

  private Operations lambda() {
    return Operations.of(Specs.of("lambda"))
        .anywhere(ListFunctionsRequest.class, answering(ListFunctionsResponse.builder().build()));
  }

  private Operations sns() {
    return Operations.of(Specs.of("sns"))
        .open(
            ConfirmSubscriptionRequest.class,
            "the token is the proof",
            answering(ConfirmSubscriptionResponse.builder().subscriptionArn("arn").build()))
        .anywhere(
            CreateTopicRequest.class,
            answering(CreateTopicResponse.builder().topicArn("arn").build()));
  }

  private Operations sqs() {
    return Operations.of(Specs.of("sqs"))
        .anywhere(ListQueuesRequest.class, answering(ListQueuesResponse.builder().build()))
        .anywhere(
            SendMessageRequest.class,
            answering(SendMessageResponse.builder().messageId("m").build()));
  }

  private Operations iam() {
    return Operations.of(Specs.of("iam"))
        .anywhere(
            ListUsersRequest.class,
            answering(ListUsersResponse.builder().users(List.of()).build()));
  }

  private Operations logs() {
    return Operations.of(Specs.of("logs"))
        .anywhere(CreateLogGroupRequest.class, answering(CreateLogGroupResponse.builder().build()));
  }

  private RequestPipeline pipeline() {
    return Clients.pipeline(
        (_, needs) -> needed.addAll(needs), s3(), lambda(), sns(), sqs(), iam(), logs());
  }

  private RequestPipeline denying() {
    return Clients.pipeline(
        (_, _) -> {
          throw CommonError.ACCESS_DENIED.because("User: x is not authorized");
        },
        s3(),
        lambda(),
        sns(),
        sqs(),
        iam(),
        logs());
  }

  private static Request request(String method, String host, String target, String... headers) {
    Headers fields = new Headers().add("Host", host);
    for (int i = 0; i < headers.length; i += 2) {
      fields.add(headers[i], headers[i + 1]);
    }
    return DirectClient.request(method, target, fields, new byte[0]);
  }

  private static Request form(String host, String target, String body) {
    return DirectClient.request(
        "POST",
        target,
        new Headers()
            .add("Host", host)
            .add("Content-Type", "application/x-www-form-urlencoded; charset=utf-8"),
        body.getBytes(StandardCharsets.UTF_8));
  }

  private static String text(Response response) throws IOException {
    return new String(DirectClient.bytes(response), StandardCharsets.UTF_8);
  }

  @Test
  void aSignedRequestIsRoutedByItsScopeNotItsPath() {
    S3Client s3 = Clients.client(S3Client.builder().forcePathStyle(true), pipeline());
    s3.listObjectsV2(b -> b.bucket("2015-03-31"));
    assertThat(ran).containsExactly("ListObjectsV2Request(Bucket=2015-03-31)");
  }

  @Test
  void theCallerHasTheSignersIdentityAndTheScopesRegion() {
    S3Client s3 = Clients.client(S3Client.builder().forcePathStyle(true), pipeline());
    s3.listObjectsV2(b -> b.bucket("photos"));
    assertThat(caller().account()).isEqualTo(Clients.ACCOUNT);
    assertThat(caller().region().name()).isEqualTo("eu-central-1");
    assertThat(caller().principal()).isEqualTo(new Principal.Root(Clients.ACCOUNT));
    assertThat(caller().accessKeyId()).isEqualTo("test");
    assertThat(caller().sourceAddress()).isEqualTo("127.0.0.1");
    assertThat(caller().userAgent()).startsWith("aws-sdk-java/");
    assertThat(needed).containsExactly(Need.anywhere("s3:ListObjectsV2"));
  }

  @ParameterizedTest
  @CsvSource({
    "localhost:4566, /photos?list-type=2",
    "localhost, /photos/?list-type=2",
    "photos.localhost:4566, /?list-type=2",
    "photos.s3.localhost, /?list-type=2",
    "PHOTOS.S3.eu-central-1.LocalHost:4566, /?list-type=2",
    "photos.s3-eu-central-1.localhost, /?list-type=2",
    "s3.localhost, /photos?list-type=2",
    "s3.eu-central-1.localhost, /photos?list-type=2",
    "127.0.0.1:4566, /photos?list-type=2",
    "[::1]:4566, /photos?list-type=2",
    "elsewhere.example, /photos?list-type=2",
  })
  void aBucketIsNamedByHostOrPath(String host, String target) throws Exception {
    Response response = pipeline().handle(request("GET", host, target));
    assertThat(response.status()).isEqualTo(200);
    assertThat(ran).containsExactly("ListObjectsV2Request(Bucket=photos)");
  }

  @Test
  void aHostWithABucketIsSignedUnchanged() {
    S3Client s3 =
        Clients.client(
            S3Client.builder(), pipeline(), URI.create("http://s3.localhost:4566"), "test");
    PutObjectResponse response =
        s3.putObject(b -> b.bucket("photos").key("a/b c.txt"), RequestBody.fromString("hello"));
    assertThat(response.eTag()).isEqualTo("\"e\"");
    assertThat(ran).containsExactly("a/b c.txt=hello");
  }

  @ParameterizedTest
  @CsvSource({
    "/b//k, /k",
    "/b/a%2Fb/../c/, a/b/../c/",
    "/b/%20+%2B, ' ++'",
    "/b/%E2%82%AC, €",
    "/b/_carillon/x, _carillon/x",
    "/b/%00, '\0'"
  })
  void everyByteAfterTheBucketBelongsToTheKey(String target, String key) throws Exception {
    Response response = pipeline().handle(request("PUT", "localhost", target));
    assertThat(response.status()).isEqualTo(200);
    assertThat(ran).containsExactly(key + "=");
  }

  @Test
  void theTraceHeaderSetsTheTrace() throws Exception {
    String trace = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";
    pipeline().handle(request("PUT", "localhost", "/b/k", "x-amzn-trace-id", trace));
    assertThat(caller().traceHeader()).isEqualTo(trace);

    for (String none : List.of("nothing", "Root=" + "1".repeat(300), "Root=<x>")) {
      pipeline().handle(request("PUT", "localhost", "/b/k", "X-Amzn-Trace-Id", none));
      assertThat(caller().traceHeader()).isNull();
    }
  }

  /// The SDK for Java with a custom endpoint, for IAM as its documentation configures it.
  @Test
  void aSignatureForTheGlobalRegionCountsForUsEast1() {
    Region global = Region.AWS_GLOBAL;
    try (IamClient iam =
            Clients.client(IamClient.builder(), pipeline(), Clients.ENDPOINT, "test", global);
        SqsClient sqs =
            Clients.client(SqsClient.builder(), pipeline(), Clients.ENDPOINT, "test", global)) {
      iam.listUsers();
      assertThat(caller().region().name()).isEqualTo("us-east-1");
      sqs.listQueues();
      assertThat(caller().region().name()).isEqualTo("us-east-1");
    }
  }

  @Test
  void unsignedRequestsAreRoutedByHost() throws Exception {
    Response response =
        pipeline()
            .handle(
                request(
                    "GET", "sqs.eu-west-1.localhost", "/?Action=ListQueues&Version=2012-11-05"));
    assertThat(text(response)).contains("<ListQueuesResponse ");
    assertThat(caller().region().name()).isEqualTo("eu-west-1");
    assertThat(caller().principal()).isEqualTo(new Principal.Anonymous());
  }

  @Test
  void linksInEmailsReachSnsWithoutVersionOrSignature() throws Exception {
    Response response =
        pipeline()
            .handle(
                request(
                    "GET",
                    "localhost",
                    "/?Action=ConfirmSubscription&TopicArn=arn%3Aaws%3Asns&Token=abc"));
    assertThat(response.status()).isEqualTo(200);
    assertThat(text(response))
        .startsWith("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n")
        .contains(
            "<ConfirmSubscriptionResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\">"
                + "<ConfirmSubscriptionResult><SubscriptionArn>arn</SubscriptionArn>"
                + "</ConfirmSubscriptionResult><ResponseMetadata><RequestId>");
  }

  @Test
  void anUnsignedFormNamesItsQueueByPath() throws Exception {
    Response response =
        pipeline()
            .handle(
                form(
                    "localhost:4566",
                    "/123456789012/jobs",
                    "Action=SendMessage&MessageBody=hello+w%C3%B6rld"));
    assertThat(response.status()).isEqualTo(200);
    assertThat(ran)
        .containsExactly(
            SendMessageRequest.builder()
                .queueUrl("http://localhost:4566/123456789012/jobs")
                .messageBody("hello wörld")
                .build()
                .toString());
  }

  @Test
  void anUnimplementedOperationIsNamedAndMatchesNoOther() throws Exception {
    Response uploads =
        pipeline().handle(request("PUT", "localhost", "/b/k?partNumber=1&uploadId=u"));
    assertThat(uploads.status()).isEqualTo(501);
    assertThat(text(uploads))
        .contains("<Code>NotImplemented</Code>", "The operation UploadPart is not implemented.");
    Response copy =
        pipeline().handle(request("PUT", "localhost", "/b/k", "x-amz-copy-source", "/b/other"));
    assertThat(text(copy)).contains("CopyObject");
    assertThat(ran).isEmpty();
  }

  @Test
  void unimplementedOperationsAreNamedInEveryProtocol() {
    SnsClient sns = Clients.client(SnsClient.builder(), pipeline());
    assertRefused(() -> sns.listTopics(), 501, "NotImplemented", "ListTopics");
    SqsClient sqs = Clients.client(SqsClient.builder(), pipeline());
    assertRefused(
        () -> sqs.createQueue(b -> b.queueName("q")), 501, "NotImplemented", "CreateQueue");
    LambdaClient lambda = Clients.client(LambdaClient.builder(), pipeline());
    assertRefused(
        () -> lambda.getFunction(b -> b.functionName("f")), 501, "NotImplemented", "GetFunction");
    CloudWatchLogsClient logs = Clients.client(CloudWatchLogsClient.builder(), pipeline());
    assertRefused(() -> logs.describeLogGroups(), 501, "NotImplemented", "DescribeLogGroups");
    S3Client s3 = Clients.client(S3Client.builder().forcePathStyle(true), pipeline());
    assertRefused(
        () -> s3.getBucketCors(b -> b.bucket("b")), 501, "NotImplemented", "GetBucketCors");
  }

  private static void assertRefused(Runnable call, int status, String code, String message) {
    AwsServiceException e = catchThrowableOfType(AwsServiceException.class, call::run);
    assertThat(e.statusCode()).isEqualTo(status);
    assertThat(e.awsErrorDetails().errorCode()).isEqualTo(code);
    assertThat(e.awsErrorDetails().errorMessage()).contains(message);
    assertThat(e.requestId()).isNotEmpty();
  }

  @Test
  void aDenialHasTheCodeOfItsService() {
    RequestPipeline pipeline = denying();
    String message = "User: x is not authorized";
    S3Client s3 = Clients.client(S3Client.builder().forcePathStyle(true), pipeline);
    assertRefused(() -> s3.listObjectsV2(b -> b.bucket("b")), 403, "AccessDenied", message);
    SnsClient sns = Clients.client(SnsClient.builder(), pipeline);
    assertRefused(() -> sns.createTopic(b -> b.name("t")), 403, "AuthorizationError", message);
    IamClient iam = Clients.client(IamClient.builder(), pipeline);
    assertRefused(() -> iam.listUsers(), 403, "AccessDenied", message);
    LambdaClient lambda = Clients.client(LambdaClient.builder(), pipeline);
    assertRefused(() -> lambda.listFunctions(), 403, "AccessDeniedException", message);
    CloudWatchLogsClient logs = Clients.client(CloudWatchLogsClient.builder(), pipeline);
    assertRefused(
        () -> logs.createLogGroup(b -> b.logGroupName("g")), 400, "AccessDeniedException", message);
    assertThat(ran).isEmpty();
  }

  private interface Read {
    int run() throws IOException;
  }

  /// A body of a declared length whose every read is `read`.
  private static Body bodyOf(Read read) {
    return BodyOf.length(5, (_, _, _) -> read.run());
  }

  @Test
  void aDenialComesBeforeTheBodyIsRead() throws Exception {
    Body unread =
        bodyOf(
            () -> {
              throw new AssertionError("the body was read");
            });
    Request put = request("PUT", "localhost", "/b/k").withBody(unread);
    Response response = denying().handle(put);
    assertThat(response.status()).isEqualTo(403);
    assertThat(text(response)).contains("<Code>AccessDenied</Code>");
  }

  @Test
  void unsignedRequestsAreRejectedByServicesWithoutAnonymousAccess() throws Exception {
    Response iam = pipeline().handle(form("localhost", "/", "Action=ListUsers&Version=2010-05-08"));
    assertThat(iam.status()).isEqualTo(403);
    assertThat(text(iam)).contains("<Code>MissingAuthenticationToken</Code>");
    Response lambda = pipeline().handle(request("GET", "localhost", "/2015-03-31/functions/"));
    assertThat(lambda.status()).isEqualTo(403);
    assertThat(lambda.headers().first("x-amzn-ErrorType"))
        .isEqualTo("MissingAuthenticationTokenException");
    assertThat(ran).isEmpty();
  }

  @Test
  void aWrongSecretGetsTheServicesError() {
    S3Client s3 =
        Clients.client(
            S3Client.builder().forcePathStyle(true), pipeline(), Clients.ENDPOINT, "wrong");
    assertRefused(
        () -> s3.listObjectsV2(b -> b.bucket("b")), 403, "SignatureDoesNotMatch", "signature");
    assertThat(ran).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "dynamodb, POST, /, x-amz-target, DynamoDB_20120810.ListTables,"
        + " '{\"__type\":\"NotImplemented\",\"message\":\"The service dynamodb is not'",
    "cloudformation, POST, /, content-type, application/x-www-form-urlencoded,"
        + " <ErrorResponse><Error><Type>Receiver</Type><Code>NotImplemented</Code>",
    "cloudformation, GET, /?Action=ListStacks, x, x, <ErrorResponse><Error><Type>Receiver</Type>",
    "cloudformation, GET, /?a=%&Action=ListStacks, x, x, <ErrorResponse>",
    "ec2, POST, /, content-type, application/x-www-form-urlencoded,"
        + " <Response><Errors><Error><Code>NotImplemented</Code>",
    "route53, GET, /2013-04-01/hostedzone, x, x, <ErrorResponse>",
    "eks, GET, /clusters, x, x, '{\"message\":\"The service eks is not implemented.'",
    "s3express, GET, /b, x, x, <Error><Code>NotImplemented</Code>",
    "eks, HEAD, /clusters, x, x, ''"
  })
  void anUnsupportedServiceIsNamed(
      String service, String method, String target, String field, String value, String says)
      throws Exception {
    Response response =
        pipeline()
            .handle(
                request(
                    method,
                    "localhost",
                    target,
                    "Authorization",
                    "AWS4-HMAC-SHA256 Credential=test/20260131/us-east-1/"
                        + service
                        + "/aws4_request, SignedHeaders=host, Signature=00",
                    field,
                    value));
    assertThat(response.status()).isEqualTo(501);
    assertThat(response.headers().first("x-amzn-ErrorType")).isEqualTo("NotImplemented");
    assertThat(text(response)).contains(says);
    assertThat(text(response).isEmpty()).isEqualTo(says.isEmpty());
  }

  @ParameterizedTest
  @CsvSource({
    "POST, /b/k, 405, MethodNotAllowed",
    "PATCH, /b, 405, MethodNotAllowed",
    "PUT, /, 405, MethodNotAllowed",
    "GET, /b?list-type=2&max-keys=many, 400, InvalidArgument",
    "GET, /b?list-type=2&list-type=2&prefix=%zz, 400, InvalidURI",
    "GET, /b?list-type=2&prefix=%FF, 400, InvalidURI",
    "GET, /b?list-type=2&prefix=a&prefix=b, 400, InvalidArgument",
    "GET, /b?list-type=2&uploadId=u, 400, InvalidArgument",
    "PUT, /b/k?versionId=v, 400, InvalidArgument",
    "PUT, /b/k?partNumber=1, 400, InvalidArgument",
    "PUT, /b/%FF, 400, InvalidURI",
    "PUT, /b/%4, 400, InvalidURI",
  })
  void malformedS3RequestsAreRejected(String method, String target, int status, String code)
      throws Exception {
    Response response = pipeline().handle(request(method, "localhost", target));
    assertThat(response.status()).isEqualTo(status);
    assertThat(text(response)).contains("<Code>" + code + "</Code>");
    assertThat(ran).isEmpty();
  }

  @Test
  void malformedNumbersGetS3sError() throws Exception {
    Response response =
        pipeline().handle(request("GET", "localhost", "/b?list-type=2&max-keys=many"));
    assertThat(text(response))
        .contains("<Message>Provided max-keys not an integer or within integer range</Message>")
        .contains("<ArgumentName>max-keys</ArgumentName><ArgumentValue>many</ArgumentValue>");
  }

  @Test
  void unknownQueryParametersOfReadsAreIgnored() throws Exception {
    Response response =
        pipeline()
            .handle(request("GET", "localhost", "/b?list-type=2&x-id=ListObjectsV2&cache=no"));
    assertThat(response.status()).isEqualTo(200);
  }

  @Test
  void anErrorToHeadHasNoBody() throws Exception {
    Response response = denying().handle(request("HEAD", "localhost", "/b"));
    assertThat(response.status()).isEqualTo(403);
    assertThat(DirectClient.bytes(response)).isEmpty();
    assertThat(response.headers().first("x-amz-request-id")).hasSize(16);
  }

  @Test
  void aBugBecomesAnInternalErrorWithOnlyItsRequestId() throws Exception {
    Response response = responseTo(new IllegalStateException("a secret detail"));
    assertThat(response.status()).isEqualTo(500);
    assertThat(response.headers().first("x-amzn-RequestId")).hasSize(36);
    assertThat(text(response)).contains("\"Type\":\"Service\"").doesNotContain("secret");
  }

  @Test
  void clientsAreToldToRepeatWhatHasAnUnknownOutcomeOrMetTooManyConflicts() throws Exception {
    assertThat(responseTo(new UnknownOutcomeException("a test", null)).status()).isEqualTo(500);
    assertThat(responseTo(new ContendedException(9)).status()).isEqualTo(503);
  }

  private static Response responseTo(RuntimeException failure) throws Exception {
    RequestPipeline pipeline =
        Clients.pipeline(
            Operations.of(Specs.of("lambda"))
                .open(
                    GetFunctionRequest.class,
                    "a test",
                    (_, _) -> {
                      throw failure;
                    }));
    return pipeline.handle(request("GET", "localhost", "/2015-03-31/functions/f"));
  }

  @Test
  void anErrorCarriesItsMembersAndHeaders() throws Exception {
    RequestPipeline pipeline =
        Clients.pipeline(
            Operations.of(Specs.of("s3"))
                .open(
                    ListObjectsV2Request.class,
                    "a test",
                    (_, _) -> {
                      throw CommonError.VALIDATION
                          .because("<no>")
                          .with("BucketName", "b&b")
                          .withHeader("x-amz-bucket-region", "eu-west-1");
                    }));
    Response response = pipeline.handle(request("GET", "localhost", "/b?list-type=2"));
    assertThat(response.headers().first("x-amz-bucket-region")).isEqualTo("eu-west-1");
    String requestId = response.headers().first("x-amz-request-id");
    String hostId = response.headers().first("x-amz-id-2");
    assertThat(text(response))
        .isEqualTo(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>InvalidRequest</Code>"
                + "<Message>&lt;no&gt;</Message><BucketName>b&amp;b</BucketName><RequestId>"
                + requestId
                + "</RequestId><HostId>"
                + hostId
                + "</HostId></Error>");
  }

  @Test
  void aBodyBeyondTheLimitIsRejected() throws Exception {
    Response response =
        pipeline()
            .handle(
                form(
                    "localhost",
                    "/",
                    "Action=CreateTopic&Version=2010-03-31&Name=" + "x".repeat(2 << 20)));
    assertThat(response.status()).isIn(400, 413);
    assertThat(ran).isEmpty();
  }

  @Test
  void aTruncatedBodyGetsNoResponse() {
    Body torn =
        bodyOf(
            () -> {
              throw new IOException("connection reset");
            });
    Request put = request("PUT", "localhost", "/b/k").withBody(torn);
    assertThatThrownBy(() -> pipeline().handle(put))
        .isInstanceOf(IOException.class)
        .hasMessage("connection reset");
  }

  @Test
  void requestsWithoutMemoryGetARetryableError() throws Exception {
    Operations lists =
        Operations.of(Specs.of("sqs"))
            .open(
                software.amazon.awssdk.services.sqs.model.ListQueuesRequest.class,
                "a test",
                (_, _) -> {
                  throw new OutOfMemoryError("for the test");
                });
    Response full =
        Clients.pipeline(lists)
            .handle(form("localhost", "/", "Action=ListQueues&Version=2012-11-05"));
    assertThat(full.status()).isEqualTo(503);
    assertThat(text(full)).contains("<Code>ServiceUnavailable</Code>");
  }

  @Test
  void everyResponseHasItsRequestIds() throws Exception {
    Response s3 = pipeline().handle(request("GET", "localhost", "/b?list-type=2"));
    assertThat(s3.headers().first("x-amz-request-id")).matches("[A-Z2-7]{16}");
    assertThat(s3.headers().first("x-amz-id-2")).hasSize(76);
    assertThat(caller().requestId()).isEqualTo(s3.headers().first("x-amz-request-id"));
    assertThat(caller().hostId()).isEqualTo(s3.headers().first("x-amz-id-2"));
    Response sqs =
        pipeline().handle(form("localhost", "/", "Action=ListQueues&Version=2012-11-05"));
    assertThat(sqs.headers().first("x-amzn-RequestId")).hasSize(36);
  }

  @Test
  void emptyListsAreWritten() throws Exception {
    IamClient iam = Clients.client(IamClient.builder(), pipeline());
    assertThat(iam.listUsers().hasUsers()).isTrue();
  }

  @Test
  void sqsSendsTheQueryErrorCodeToJsonClients() throws Exception {
    enum Own implements ErrorCode {
      QUEUE_DOES_NOT_EXIST;

      @Override
      public String code() {
        return "QueueDoesNotExist";
      }

      @Override
      public String queryCode() {
        return "AWS.SimpleQueueService.NonExistentQueue";
      }

      @Override
      public int status() {
        return 400;
      }

      @Override
      public String message() {
        return "no queue";
      }
    }
    RequestPipeline pipeline =
        Clients.pipeline(
            Operations.of(Specs.of("sqs"))
                .open(
                    ListQueuesRequest.class,
                    "a test",
                    (_, _) -> {
                      throw Own.QUEUE_DOES_NOT_EXIST.exception();
                    }));
    Response json =
        pipeline.handle(request("POST", "localhost", "/", "X-Amz-Target", "AmazonSQS.ListQueues"));
    assertThat(text(json))
        .isEqualTo("{\"__type\":\"com.amazonaws.sqs#QueueDoesNotExist\",\"message\":\"no queue\"}");
    assertThat(json.headers().first("x-amzn-query-error"))
        .isEqualTo("AWS.SimpleQueueService.NonExistentQueue;Sender");
    Response query =
        pipeline.handle(form("localhost", "/", "Action=ListQueues&Version=2012-11-05"));
    assertThat(text(query)).contains("<Code>AWS.SimpleQueueService.NonExistentQueue</Code>");
  }

  @ParameterizedTest
  @CsvSource({
    "ACCESS_DENIED, 403, AccessDeniedException, AccessDenied",
    "INVALID_CLIENT_TOKEN_ID, 403, UnrecognizedClientException, InvalidClientTokenId",
    "INVALID_PARAMETER_VALUE, 400, InvalidParameterValueException, InvalidParameterValue",
    "MISSING_PARAMETER, 400, MissingRequiredParameterException, MissingParameter",
    "SIGNATURE_DOES_NOT_MATCH, 403, InvalidSignatureException, SignatureDoesNotMatch",
    "VALIDATION, 400, InvalidParameterValueException, InvalidParameterValue",
  })
  void sqsFrameworkErrorsHaveTwoCodes(CommonError error, int status, String type, String code)
      throws Exception {
    RequestPipeline pipeline =
        Clients.pipeline(
            Operations.of(Specs.of("sqs"))
                .open(
                    ListQueuesRequest.class,
                    "a test",
                    (_, _) -> {
                      throw error.because("why");
                    }));

    Response json =
        pipeline.handle(request("POST", "localhost", "/", "X-Amz-Target", "AmazonSQS.ListQueues"));

    assertThat(json.status()).isEqualTo(status);
    assertThat(text(json))
        .isEqualTo(
            "{\"__type\":\"com.amazon.coral.service#%s\",\"%s\":\"why\"}"
                .formatted(type, error == CommonError.ACCESS_DENIED ? "Message" : "message"));
    assertThat(json.headers().first("x-amzn-query-error")).isEqualTo(code + ";Sender");
    Response query =
        pipeline.handle(form("localhost", "/", "Action=ListQueues&Version=2012-11-05"));
    assertThat(text(query)).contains("<Code>" + code + "</Code>");
  }
}
