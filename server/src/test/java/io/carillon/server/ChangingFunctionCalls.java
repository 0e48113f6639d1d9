package io.carillon.server;

import static io.carillon.server.RaceServer.ACCOUNT;
import static io.carillon.server.RaceServer.ROLE;
import static io.carillon.server.RaceServer.arn;

import io.carillon.lambda.DeploymentPackage;
import java.util.List;
import java.util.Map;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.cloudwatchlogs.model.InputLogEvent;
import software.amazon.awssdk.services.eventbridge.model.PutEventsRequestEntry;
import software.amazon.awssdk.services.eventbridge.model.Tag;
import software.amazon.awssdk.services.eventbridge.model.Target;
import software.amazon.awssdk.services.lambda.model.InvocationType;
import software.amazon.awssdk.services.lambda.model.RecursiveLoop;

/// The changing requests of Lambda, CloudWatch Logs and EventBridge, on functions, log groups and
/// buses that [#on] makes.
@SuppressWarnings({"unchecked", "deprecation"}) // builders as varargs; TagLogGroup is still called
final class ChangingFunctionCalls {
  private static final String FUNCTION = arn("lambda", "function:function");
  private static final String GROUP = arn("logs", "log-group:group");
  private static final String RULE = arn("events", "rule/rule");
  private static final SdkBytes CODE = SdkBytes.fromByteArray(DeploymentPackage.doingNothing());
  private static final String PATTERN = "{\"source\":[\"test\"]}";

  private ChangingFunctionCalls() {}

  static List<ChangingCalls> on(RaceServer server) {
    return List.of(lambda(server), logs(server), events(server));
  }

  private static ChangingCalls lambda(RaceServer server) {
    server.function("function", null);
    server.lambda.publishVersion(b -> b.functionName("function"));
    server.lambda.createAlias(b -> b.functionName("function").name("old").functionVersion("1"));
    server.lambda.putFunctionEventInvokeConfig(
        b -> b.functionName("function").maximumRetryAttempts(0));
    server.lambda.tagResource(b -> b.resource(FUNCTION).tags(Map.of("old", "tag")));
    server.permit("function", null, ACCOUNT);
    ChangingCalls calls = ChangingCalls.of("lambda");
    addConfigurations(calls);
    return calls
        .with(
            "CreateFunction",
            c ->
                c.lambda()
                    .createFunction(
                        b ->
                            b.functionName("new")
                                .role(ROLE)
                                .runtime("provided.al2023")
                                .handler("h")
                                .code(code -> code.zipFile(CODE))))
        .with(
            "UpdateFunctionCode",
            c -> c.lambda().updateFunctionCode(b -> b.functionName("function").zipFile(CODE)))
        .with(
            "UpdateFunctionConfiguration",
            c ->
                c.lambda()
                    .updateFunctionConfiguration(
                        b -> b.functionName("function").description("new")))
        .with("DeleteFunction", c -> c.lambda().deleteFunction(b -> b.functionName("function")))
        .with(
            "Invoke",
            c ->
                c.lambda()
                    .invoke(
                        b ->
                            b.functionName("function")
                                .invocationType(InvocationType.EVENT)
                                .payload(SdkBytes.fromUtf8String("{}"))))
        .with(
            "PublishVersion",
            c ->
                c.lambda().publishVersion(b -> b.functionName("function").description("published")))
        .with(
            "CreateAlias",
            c ->
                c.lambda()
                    .createAlias(b -> b.functionName("function").name("new").functionVersion("1")))
        .with(
            "UpdateAlias",
            c ->
                c.lambda()
                    .updateAlias(b -> b.functionName("function").name("old").description("new")))
        .with(
            "DeleteAlias",
            c -> c.lambda().deleteAlias(b -> b.functionName("function").name("old")));
  }

  private static void addConfigurations(ChangingCalls calls) {
    calls
        .with(
            "AddPermission",
            c ->
                c.lambda()
                    .addPermission(
                        b ->
                            b.functionName("function")
                                .statementId("new")
                                .action("lambda:InvokeFunction")
                                .principal(ACCOUNT)))
        .with(
            "RemovePermission",
            c -> c.lambda().removePermission(b -> b.functionName("function").statementId("permit")))
        .with(
            "PutFunctionConcurrency",
            c ->
                c.lambda()
                    .putFunctionConcurrency(
                        b -> b.functionName("function").reservedConcurrentExecutions(3)))
        .with(
            "DeleteFunctionConcurrency",
            c -> c.lambda().deleteFunctionConcurrency(b -> b.functionName("function")))
        .with(
            "PutFunctionEventInvokeConfig",
            c ->
                c.lambda()
                    .putFunctionEventInvokeConfig(
                        b -> b.functionName("function").maximumRetryAttempts(1)))
        .with(
            "UpdateFunctionEventInvokeConfig",
            c ->
                c.lambda()
                    .updateFunctionEventInvokeConfig(
                        b -> b.functionName("function").maximumRetryAttempts(1)))
        .with(
            "DeleteFunctionEventInvokeConfig",
            c -> c.lambda().deleteFunctionEventInvokeConfig(b -> b.functionName("function")))
        .with(
            "PutFunctionRecursionConfig",
            c ->
                c.lambda()
                    .putFunctionRecursionConfig(
                        b -> b.functionName("function").recursiveLoop(RecursiveLoop.ALLOW)))
        .with(
            "TagResource",
            c -> c.lambda().tagResource(b -> b.resource(FUNCTION).tags(Map.of("new", "tag"))))
        .with(
            "UntagResource",
            c -> c.lambda().untagResource(b -> b.resource(FUNCTION).tagKeys("old")))
        .without("only the default is accepted", "PutRuntimeManagementConfig");
  }

  @SuppressWarnings("deprecation") // AWS deprecated TagLogGroup, and still takes it
  private static ChangingCalls logs(RaceServer server) {
    server.logs.createLogGroup(b -> b.logGroupName("group").tags(Map.of("old", "tag")));
    server.logs.createLogStream(b -> b.logGroupName("group").logStreamName("stream"));
    server.logs.putResourcePolicy(b -> b.policyName("old").policyDocument(policy()));
    return ChangingCalls.of("logs")
        .with("CreateLogGroup", c -> c.logs().createLogGroup(b -> b.logGroupName("new")))
        .with("DeleteLogGroup", c -> c.logs().deleteLogGroup(b -> b.logGroupName("group")))
        .with(
            "CreateLogStream",
            c -> c.logs().createLogStream(b -> b.logGroupName("group").logStreamName("new")))
        .with(
            "DeleteLogStream",
            c -> c.logs().deleteLogStream(b -> b.logGroupName("group").logStreamName("stream")))
        .with(
            "PutLogEvents",
            c ->
                c.logs()
                    .putLogEvents(
                        b ->
                            b.logGroupName("group")
                                .logStreamName("stream")
                                .logEvents(
                                    InputLogEvent.builder()
                                        .timestamp(System.currentTimeMillis())
                                        .message("m")
                                        .build())))
        .with(
            "PutRetentionPolicy",
            c -> c.logs().putRetentionPolicy(b -> b.logGroupName("group").retentionInDays(7)))
        .with(
            "DeleteRetentionPolicy",
            c -> c.logs().deleteRetentionPolicy(b -> b.logGroupName("group")))
        .with(
            "PutResourcePolicy",
            c -> c.logs().putResourcePolicy(b -> b.policyName("new").policyDocument(policy())))
        .with("DeleteResourcePolicy", c -> c.logs().deleteResourcePolicy(b -> b.policyName("old")))
        .with(
            "TagResource",
            c -> c.logs().tagResource(b -> b.resourceArn(GROUP).tags(Map.of("new", "tag"))))
        .with(
            "UntagResource", c -> c.logs().untagResource(b -> b.resourceArn(GROUP).tagKeys("old")))
        .with(
            "TagLogGroup",
            c -> c.logs().tagLogGroup(b -> b.logGroupName("group").tags(Map.of("new", "tag"))))
        .with(
            "UntagLogGroup", c -> c.logs().untagLogGroup(b -> b.logGroupName("group").tags("old")));
  }

  private static String policy() {
    return """
    {"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":%s,
     "Action":"logs:PutLogEvents","Resource":"*"}}
    """
        .formatted(RaceServer.service("events"));
  }

  private static ChangingCalls events(RaceServer server) {
    server.events.createEventBus(b -> b.name("bus"));
    server.events.putPermission(
        b -> b.statementId("old").action("events:PutEvents").principal(ACCOUNT));
    server.events.putRule(
        b ->
            b.name("rule")
                .eventPattern(PATTERN)
                .tags(Tag.builder().key("old").value("tag").build()));
    server.events.putRule(b -> b.name("bare").eventPattern(PATTERN));
    server.events.putTargets(
        b -> b.rule("rule").targets(Target.builder().id("old").arn(arn("sqs", "queue")).build()));
    return ChangingCalls.of("events")
        .with("CreateEventBus", c -> c.events().createEventBus(b -> b.name("new")))
        .with("DeleteEventBus", c -> c.events().deleteEventBus(b -> b.name("bus")))
        .with(
            "PutPermission",
            c ->
                c.events()
                    .putPermission(
                        b -> b.statementId("new").action("events:PutEvents").principal(ACCOUNT)))
        .with("RemovePermission", c -> c.events().removePermission(b -> b.statementId("old")))
        .with("PutRule", c -> c.events().putRule(b -> b.name("new").eventPattern(PATTERN)))
        .with("EnableRule", c -> c.events().enableRule(b -> b.name("rule")))
        .with("DisableRule", c -> c.events().disableRule(b -> b.name("rule")))
        .with("DeleteRule", c -> c.events().deleteRule(b -> b.name("bare")))
        .with(
            "PutTargets",
            c ->
                c.events()
                    .putTargets(
                        b ->
                            b.rule("rule")
                                .targets(
                                    Target.builder()
                                        .id("new")
                                        .arn(arn("sqs", "received"))
                                        .build())))
        .with("RemoveTargets", c -> c.events().removeTargets(b -> b.rule("rule").ids("old")))
        .with(
            "PutEvents",
            c ->
                c.events()
                    .putEvents(
                        b ->
                            b.entries(
                                PutEventsRequestEntry.builder()
                                    .source("test")
                                    .detailType("t")
                                    .detail("{}")
                                    .build())))
        .with(
            "TagResource",
            c ->
                c.events()
                    .tagResource(
                        b ->
                            b.resourceARN(RULE)
                                .tags(Tag.builder().key("new").value("tag").build())))
        .with(
            "UntagResource",
            c -> c.events().untagResource(b -> b.resourceARN(RULE).tagKeys("old")));
  }
}
