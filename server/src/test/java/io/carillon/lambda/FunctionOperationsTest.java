package io.carillon.lambda;

import static io.carillon.lambda.LambdaFixture.ROLE;
import static io.carillon.lambda.LambdaFixture.caller;
import static io.carillon.lambda.LambdaFixture.python;
import static io.carillon.lambda.LambdaFixture.zip;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.aws.AwsException;
import io.carillon.aws.Caller;
import io.carillon.aws.CommonError;
import io.carillon.aws.Need;
import io.carillon.http.Body;
import io.carillon.http.Headers;
import io.carillon.http.Request;
import io.carillon.http.Response;
import io.carillon.lambda.FunctionVersion.Configuration;
import io.carillon.lambda.runtime.RuntimeFixture;
import io.carillon.lambda.runtime.RuntimeLifecycle;
import io.carillon.lambda.runtime.Runtimes;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.lambda.model.AccountUsage;
import software.amazon.awssdk.services.lambda.model.AliasConfiguration;
import software.amazon.awssdk.services.lambda.model.CreateAliasRequest;
import software.amazon.awssdk.services.lambda.model.CreateFunctionRequest;
import software.amazon.awssdk.services.lambda.model.DeleteFunctionRequest;
import software.amazon.awssdk.services.lambda.model.DeleteFunctionResponse;
import software.amazon.awssdk.services.lambda.model.EphemeralStorage;
import software.amazon.awssdk.services.lambda.model.FunctionCode;
import software.amazon.awssdk.services.lambda.model.FunctionConfiguration;
import software.amazon.awssdk.services.lambda.model.GetAccountSettingsRequest;
import software.amazon.awssdk.services.lambda.model.GetAccountSettingsResponse;
import software.amazon.awssdk.services.lambda.model.GetFunctionConfigurationRequest;
import software.amazon.awssdk.services.lambda.model.GetFunctionRequest;
import software.amazon.awssdk.services.lambda.model.GetFunctionResponse;
import software.amazon.awssdk.services.lambda.model.LastUpdateStatus;
import software.amazon.awssdk.services.lambda.model.ListFunctionsRequest;
import software.amazon.awssdk.services.lambda.model.ListFunctionsResponse;
import software.amazon.awssdk.services.lambda.model.ListVersionsByFunctionRequest;
import software.amazon.awssdk.services.lambda.model.ListVersionsByFunctionResponse;
import software.amazon.awssdk.services.lambda.model.PublishVersionRequest;
import software.amazon.awssdk.services.lambda.model.State;
import software.amazon.awssdk.services.lambda.model.UpdateFunctionCodeRequest;
import software.amazon.awssdk.services.lambda.model.UpdateFunctionConfigurationRequest;
import software.amazon.awssdk.services.lambda.model.VpcConfig;

/// Creating, reading, updating and deleting functions. Sources: the operations' pages of
/// https://docs.aws.amazon.com/lambda/latest/api/ and aws-facts §12.
class FunctionOperationsTest {
  private static final String SOURCE = "def handler(e, c):\n    return 1\n";
  @TempDir static Path folder;
  private static LambdaFixture fixture;

  @BeforeAll
  static void open() throws Exception {
    fixture = new LambdaFixture(folder);
  }

  @AfterAll
  static void close() {
    fixture.close();
  }

  private static FunctionConfiguration create(CreateFunctionRequest.Builder r) throws Exception {
    return fixture.call(r.build(), FunctionConfiguration.class);
  }

  private static FunctionConfiguration configuration(String name) throws Exception {
    return fixture.call(
        GetFunctionConfigurationRequest.builder().functionName(name).build(),
        FunctionConfiguration.class);
  }

  private static void assertRefused(
      UnaryOperator<CreateFunctionRequest.Builder> change, String code, String message)
      throws Exception {
    CreateFunctionRequest.Builder r = change.apply(python("refused", SOURCE));
    assertThatThrownBy(() -> create(r))
        .isInstanceOfSatisfying(
            AwsException.class,
            e -> {
              assertThat(e.error().code()).isEqualTo(code);
              assertThat(e.getMessage()).contains(message);
            });
    assertThatThrownBy(() -> configuration("refused")).hasMessageContaining("not found");
  }

  @Test
  void aNewFunctionIsPendingAndThenActive() throws Exception {
    FunctionConfiguration made = create(python("made", SOURCE).timeout(30).description("d"));
    assertThat(made.state()).isEqualTo(State.PENDING);
    assertThat(made.lastUpdateStatus()).isNull();
    assertThat(made.functionArn())
        .isEqualTo("arn:aws:lambda:eu-central-1:123456789012:function:made");
    assertThat(made.version()).isEqualTo("$LATEST");
    assertThat(made.memorySize()).isEqualTo(128);
    assertThat(made.timeout()).isEqualTo(30);
    assertThat(made.ephemeralStorage().size()).isEqualTo(512);
    assertThat(made.loggingConfig().logGroup()).isEqualTo("/aws/lambda/made");
    assertThat(made.lastModified()).matches("20..-..-..T..:..:..\\.\\d{3}\\+0000");
    assertThat(made.environment()).isNull();
    FunctionConfiguration then = configuration("made");
    assertThat(then.state()).isEqualTo(State.ACTIVE);
    assertThat(then.codeSha256()).isEqualTo(made.codeSha256()).hasSize(44);
    assertThat(then.revisionId()).isNotEqualTo(made.revisionId());
    assertThat(configuration("made").revisionId()).isEqualTo(then.revisionId());
  }

  @Test
  void functionIsFoundByNamePartialArnAndArnOnlyInItsRegion() throws Exception {
    create(python("found", SOURCE));
    String arn = "arn:aws:lambda:eu-central-1:123456789012:function:found";
    for (String name :
        new String[] {
          "found", "123456789012:function:found", "function:found", arn, arn + ":$LATEST"
        }) {
      assertThat(configuration(name).functionName()).as(name).isEqualTo("found");
    }
    assertThatThrownBy(() -> configuration("arn:aws:lambda:us-east-1:123456789012:function:found"))
        .hasMessage("Functions from 'us-east-1' are not reachable in this region ('eu-central-1')");
    assertThatThrownBy(() -> configuration("no such name")).hasMessageContaining("functionName");
    assertThatThrownBy(
            () ->
                fixture.call(
                    caller("us-east-1"),
                    GetFunctionConfigurationRequest.builder().functionName("found").build(),
                    FunctionConfiguration.class))
        .hasMessage("Function not found: arn:aws:lambda:us-east-1:123456789012:function:found");
  }

  @Test
  void aSecondFunctionOfTheSameNameIsRefused() throws Exception {
    create(python("twice", SOURCE));
    assertThatThrownBy(() -> create(python("twice", SOURCE)))
        .hasMessage("Function already exist: twice");
  }

  @Test
  void invalidInputIsRefusedWithAwsMessagesAndChangesNothing() throws Exception {
    String invalid = "InvalidParameterValueException";
    assertRefused(
        r -> r.role("arn:aws:iam::123456789012:role/other"),
        invalid,
        "cannot be assumed by Lambda");
    assertRefused(r -> r.role("worker"), "ValidationException", "'role'");
    assertRefused(r -> r.timeout(901), "ValidationException", "less than or equal to 900");
    assertRefused(r -> r.timeout(0), "ValidationException", "greater than or equal to 1");
    assertRefused(r -> r.memorySize(64), "ValidationException", "greater than or equal to 128");
    assertRefused(r -> r.memorySize(10_241), "ValidationException", "10240");
    assertRefused(
        r -> r.ephemeralStorage(EphemeralStorage.builder().size(100).build()),
        "ValidationException",
        "512");
    assertRefused(r -> r.runtime("cobol85"), invalid, "Value cobol85 at 'runtime' failed");
    assertRefused(r -> r.runtime("cobol85"), invalid, "] or be a valid ARN");
    assertRefused(
        r -> r.architecturesWithStrings("riscv"),
        "ValidationException",
        "Value '[riscv]' at 'architectures' failed to satisfy constraint: Member must satisfy"
            + " constraint: [Member must satisfy enum value set: [x86_64, arm64], Member must not"
            + " be null]");
    assertRefused(
        r -> r.architecturesWithStrings("x86_64", "arm64"),
        "ValidationException",
        "Value '[x86_64, arm64]' at 'architectures' failed to satisfy constraint: Member must have"
            + " length less than or equal to 1");
    assertRefused(r -> r.runtime("ruby3.4"), invalid, "ruby3.4 is not supported");
    assertRefused(r -> r.handler("a b"), "ValidationException", "handler");
    assertRefused(r -> r.handler(null), invalid, "Runtime and Handler are mandatory");
    assertRefused(
        r -> r.environment(e -> e.variables(Map.of("AWS_REGION", "x"))), invalid, "reserved keys");
    assertRefused(
        r -> r.environment(e -> e.variables(Map.of("X1", "x".repeat(4096)))), invalid, "4KB limit");
    assertRefused(
        r -> r.environment(e -> e.variables(Map.of("1X", "x"))), "ValidationException", "Map keys");
    assertRefused(
        r -> r.deadLetterConfig(d -> d.targetArn("arn:aws:s3:::b")), invalid, "dead letter");
    assertRefused(r -> r.tags(Map.of("aws:x", "y")), invalid, "tag");
    assertRefused(r -> r.code(FunctionCode.builder().build()), invalid, "source for function code");
    assertRefused(
        r -> r.code(FunctionCode.builder().zipFile(SdkBytes.fromUtf8String("no zip")).build()),
        invalid,
        "Could not unzip uploaded file");
  }

  /// Recorded: test_function_arns (long_function_name_exc) in `test_lambda_api.snapshot.json` of
  /// localstack/localstack; an existing function's name has the same limit.
  @Test
  void tooLongNameOfANewFunctionIsAnInvalidParameter() throws Exception {
    String name = "n".repeat(65);
    String length = "Member must have length less than or equal to 64";
    assertRefused(
        r -> r.functionName(name),
        "InvalidParameterValueException",
        "1 validation error detected: Value '%s' at 'functionName' failed to satisfy constraint: %s"
            .formatted(name, length));
    assertThat(fixture.needs(python("n".repeat(64), SOURCE).build())).isNotEmpty();
    assertThatThrownBy(() -> fixture.needs(python(name, SOURCE).build()))
        .hasMessageContaining(length);
    assertThatThrownBy(() -> configuration(name))
        .isInstanceOfSatisfying(
            AwsException.class, e -> assertThat(e.error().code()).isEqualTo("ValidationException"))
        .hasMessageContaining(length);
  }

  /// Recorded: test_oversized_zipped_create_lambda, in the same file.
  @Test
  void oversizedInlinePackageIsRequestEntityTooLarge() throws Exception {
    byte[] zip = new byte[52_428_801];
    assertRefused(
        r -> r.code(FunctionCode.builder().zipFile(SdkBytes.fromByteArrayUnsafe(zip)).build()),
        CommonError.REQUEST_ENTITY_TOO_LARGE.code(),
        "Zipped size must be smaller than 52428800 bytes");
  }

  @Test
  void unsupportedFeaturesAreRefusedByName() throws Exception {
    String invalid = "InvalidParameterValueException";
    assertRefused(r -> r.layers("arn:aws:lambda:eu-central-1:1:layer:l:1"), invalid, "Layers");
    assertRefused(
        r -> r.vpcConfig(VpcConfig.builder().subnetIds("subnet-1").build()), invalid, "VpcConfig");
    assertRefused(r -> r.kmsKeyArn("arn:aws:kms:x:1:key/1"), invalid, "KMSKeyArn");
    assertRefused(r -> r.packageType("Image"), invalid, "Image");
    assertRefused(r -> r.tracingConfig(t -> t.mode("Active")), invalid, "TracingConfig");
    assertRefused(r -> r.snapStart(s -> s.applyOn("PublishedVersions")), invalid, "SnapStart");
    assertRefused(r -> r.loggingConfig(l -> l.logFormat("JSON")), invalid, "LogFormat JSON");
  }

  @Test
  void createFunctionNeedsPassRoleAndReadAccessToTheCode() throws Exception {
    CreateFunctionRequest r =
        python("needs", SOURCE)
            .code(FunctionCode.builder().s3Bucket("b").s3Key("k.zip").build())
            .build();
    String function = "arn:aws:lambda:eu-central-1:123456789012:function:needs";
    assertThat(fixture.needs(r))
        .containsExactly(
            new Need("lambda:CreateFunction", function, Map.of()),
            new Need("iam:PassRole", ROLE, Map.of())
                .with("iam:PassedToService", "lambda.amazonaws.com")
                .with("iam:AssociatedResourceArn", function),
            new Need("s3:GetObject", "arn:aws:s3:::b/k.zip", Map.of()));
  }

  @Test
  void codeIsReadFromABucket() throws Exception {
    fixture.objects.put("b/code.zip", zip(SOURCE).asByteArray());
    create(
        python("stored", SOURCE)
            .code(FunctionCode.builder().s3Bucket("b").s3Key("code.zip").build()));
    assertRefused(
        r -> r.code(FunctionCode.builder().s3Bucket("b").s3Key("gone").build()),
        "InvalidParameterValueException",
        "Error occurred while GetObject");
  }

  @Test
  void codeIsDownloadedByTheLinkFromGetFunction() throws Exception {
    create(python("linked", SOURCE).tags(Map.of("team", "blue")));
    GetFunctionResponse got =
        fixture.call(
            GetFunctionRequest.builder().functionName("linked").build(), GetFunctionResponse.class);
    assertThat(got.tags()).containsEntry("team", "blue");
    URI link = URI.create(got.code().location());
    Response response = fetch(link.getRawPath());
    assertThat(response.status()).isEqualTo(200);
    try (InputStream in = ((Response.Content.Stream) response.content()).in()) {
      assertThat(in.readAllBytes()).isEqualTo(zip(SOURCE).asByteArray());
    }
    String path = link.getRawPath();
    char first = path.charAt(CodeLinks.PATH.length() + 8);
    String changed =
        path.substring(0, CodeLinks.PATH.length() + 8)
            + (first == 'A' ? 'B' : 'A')
            + path.substring(CodeLinks.PATH.length() + 9);
    assertThat(fetch(changed).status()).isEqualTo(403);
    assertThat(fetch(CodeLinks.PATH + "x").status()).isEqualTo(403);
    assertThat(fetch(CodeLinks.PATH + "x/y").status()).isEqualTo(404);
  }

  private static Response fetch(String path) throws Exception {
    return fixture
        .service
        .pages()
        .getFirst()
        .handler()
        .handle(
            new Request(
                "GET",
                path,
                "",
                new Headers(),
                Body.of(new byte[0]),
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 1),
                false));
  }

  @Test
  void updateChangesOnlyTheMembersInTheRequest() throws Exception {
    create(python("changed", SOURCE).timeout(7).environment(e -> e.variables(Map.of("AB", "c"))));
    FunctionConfiguration old = configuration("changed");
    String revision = old.revisionId();
    FunctionConfiguration changed =
        fixture.call(
            UpdateFunctionConfigurationRequest.builder()
                .functionName("changed")
                .memorySize(256)
                .revisionId(revision)
                .build(),
            FunctionConfiguration.class);
    assertThat(changed.lastUpdateStatus()).isEqualTo(LastUpdateStatus.IN_PROGRESS);
    assertThat(changed.memorySize()).isEqualTo(256);
    assertThat(changed.timeout()).isEqualTo(7);
    assertThat(changed.environment().variables()).containsEntry("AB", "c");
    assertThat(configuration("changed").lastUpdateStatus()).isEqualTo(LastUpdateStatus.SUCCESSFUL);
    assertThatThrownBy(
            () ->
                fixture.call(
                    UpdateFunctionCodeRequest.builder()
                        .functionName("changed")
                        .zipFile(zip(SOURCE))
                        .revisionId(revision)
                        .build(),
                    FunctionConfiguration.class))
        .hasMessageContaining("Revision Id");
    assertThatThrownBy(
            () ->
                fixture.call(
                    UpdateFunctionConfigurationRequest.builder()
                        .functionName("changed")
                        .role("arn:aws:iam::123456789012:role/other")
                        .build(),
                    FunctionConfiguration.class))
        .hasMessageContaining("cannot be assumed");
  }

  @Test
  void dryRunOfUpdateFunctionCodeChangesNothing() throws Exception {
    FunctionConfiguration old = create(python("dry", SOURCE));
    FunctionConfiguration answer =
        fixture.call(
            UpdateFunctionCodeRequest.builder()
                .functionName("dry")
                .zipFile(zip("x = 1\n"))
                .dryRun(true)
                .build(),
            FunctionConfiguration.class);
    assertThat(answer.codeSha256()).isNotEqualTo(old.codeSha256());
    assertThat(configuration("dry").codeSha256()).isEqualTo(old.codeSha256());
  }

  @Test
  void publishedVersionsAreImmutable() throws Exception {
    create(python("versioned", SOURCE).publish(true));
    FunctionConfiguration again =
        fixture.call(
            PublishVersionRequest.builder().functionName("versioned").build(),
            FunctionConfiguration.class);
    assertThat(again.version()).as("nothing has changed").isEqualTo("1");
    fixture.call(
        UpdateFunctionConfigurationRequest.builder().functionName("versioned").timeout(9).build(),
        FunctionConfiguration.class);
    FunctionConfiguration second =
        fixture.call(
            PublishVersionRequest.builder().functionName("versioned").build(),
            FunctionConfiguration.class);
    assertThat(second.version()).isEqualTo("2");
    assertThat(second.functionArn()).endsWith(":function:versioned:2");
    assertThat(configuration("versioned:1").timeout()).isEqualTo(3);
    fixture.call(
        CreateAliasRequest.builder()
            .functionName("versioned")
            .name("live")
            .functionVersion("2")
            .build(),
        AliasConfiguration.class);
    assertThat(configuration("versioned:live").version()).isEqualTo("2");
    assertThat(
            fixture
                .call(
                    ListVersionsByFunctionRequest.builder().functionName("versioned").build(),
                    ListVersionsByFunctionResponse.class)
                .versions())
        .extracting(FunctionConfiguration::version)
        .containsExactly("$LATEST", "1", "2");
    assertThatThrownBy(() -> delete("versioned:2")).hasMessageContaining("alias live");
    delete("versioned:1");
    assertThatThrownBy(() -> configuration("versioned:1")).hasMessageContaining("not found");
  }

  private static void delete(String name) throws Exception {
    fixture.call(
        DeleteFunctionRequest.builder().functionName(name).build(), DeleteFunctionResponse.class);
  }

  @Test
  void deletedFunctionLeavesNothingBehind() throws Exception {
    int before = fixture.blobs.size();
    create(python("gone", "x = 'only here'\n").publish(true));
    assertThat(fixture.blobs.size()).isEqualTo(before + 1);
    delete("gone");
    var _ = fixture.blobs.removeReleased();
    assertThatThrownBy(() -> configuration("gone")).hasMessageContaining("Function not found");
    assertThatThrownBy(() -> configuration("gone:1")).hasMessageContaining("Function not found");
    assertThatThrownBy(() -> delete("gone")).hasMessageContaining("Function not found");
    create(python("gone", SOURCE));
  }

  @Test
  void listIsPaginatedAndLimitedToRegionAndAccount() throws Exception {
    Caller there = caller("ap-south-1");
    for (String name : new String[] {"a", "b", "c"}) {
      fixture.call(there, python(name, SOURCE).build(), FunctionConfiguration.class);
    }
    ListFunctionsResponse first =
        fixture.call(
            there, ListFunctionsRequest.builder().maxItems(2).build(), ListFunctionsResponse.class);
    assertThat(first.functions())
        .extracting(FunctionConfiguration::functionName)
        .containsExactly("a", "b");
    ListFunctionsResponse second =
        fixture.call(
            there,
            ListFunctionsRequest.builder().maxItems(2).marker(first.nextMarker()).build(),
            ListFunctionsResponse.class);
    assertThat(second.functions())
        .extracting(FunctionConfiguration::functionName)
        .containsExactly("c");
    assertThat(second.nextMarker()).isNull();
    assertThat(
            fixture
                .call(
                    caller("sa-east-1"),
                    ListFunctionsRequest.builder().build(),
                    ListFunctionsResponse.class)
                .functions())
        .isEmpty();
    assertThatThrownBy(
            () ->
                fixture.call(
                    ListFunctionsRequest.builder().marker("***").build(),
                    ListFunctionsResponse.class))
        .hasMessageContaining("Invalid Marker");
  }

  @Test
  void runtimeWithoutInterpreterIsRefusedNamingWhatToInstall() {
    ConfigurationRules rules =
        new ConfigurationRules(
            _ -> java.util.Optional.of("The runtime python3.11 needs Python. Install it."),
            (_, _) -> java.util.Optional.empty());
    assertThatThrownBy(
            () ->
                rules.of(
                    python("bare", SOURCE).build(),
                    new FunctionName(
                        RuntimeFixture.ACCOUNT,
                        "eu-central-1",
                        "bare",
                        java.util.Optional.empty())))
        .hasMessage("The runtime python3.11 needs Python. Install it.");
  }

  /// Dates: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html in summer 2026;
  /// message: https://github.com/aws-samples/amazon-dynamodb-labs/pull/117
  @Test
  void deprecatedRuntimeIsRefusedFromAwsBlockDateOn() throws Exception {
    FunctionName name =
        new FunctionName(
            RuntimeFixture.ACCOUNT, "eu-central-1", "late", java.util.Optional.empty());
    CreateFunctionRequest old = python("late", SOURCE).runtime("python3.8").build();
    assertThat(rulesOn("2027-01-31").of(old, name).runtime()).isEqualTo("python3.8");
    ConfigurationRules february = rulesOn("2027-02-01");
    assertThatThrownBy(() -> february.of(old, name))
        .hasMessage(
            "The runtime parameter of python3.8 is no longer supported for creating or updating AWS"
                + " Lambda functions. We recommend you use the new runtime (python3.14) while"
                + " creating or updating functions.");
    Configuration kept = rulesOn("2027-01-31").of(old, name);
    UpdateFunctionConfigurationRequest longer =
        UpdateFunctionConfigurationRequest.builder().functionName("late").timeout(9).build();
    assertThat(february.update(kept, longer).timeoutSeconds()).isEqualTo(9);
    ConfigurationRules march = rulesOn("2027-03-03");
    assertThatThrownBy(() -> march.update(kept, longer))
        .hasMessageContaining("python3.8 is no longer supported");
    assertThat(march.update(kept, longer.toBuilder().runtime("python3.13").build()).runtime())
        .isEqualTo("python3.13");
  }

  @Test
  void deprecatedRuntimesAreRefusedOnlyIfConfigured() throws Exception {
    LocalDate today = LocalDate.parse("2026-11-30");
    Runtimes refusing = new Runtimes(folder.resolve("refusing"), true, _ -> true);
    assertThat(refusing.refusal("python3.7", RuntimeLifecycle.Use.CREATION, today)).isPresent();
    assertThat(refusing.refusal("python3.13", RuntimeLifecycle.Use.CREATION, today)).isEmpty();
    Runtimes running = new Runtimes(folder.resolve("running"), false, _ -> true);
    assertThat(running.refusal("python3.7", RuntimeLifecycle.Use.CREATION, today)).isEmpty();
    assertThat(create(python("old-node", SOURCE).runtime("nodejs14.x")).runtimeAsString())
        .isEqualTo("nodejs14.x");
  }

  private static ConfigurationRules rulesOn(String day) {
    return new ConfigurationRules(
        _ -> java.util.Optional.empty(),
        (runtime, use) ->
            RuntimeLifecycle.of(runtime)
                .flatMap(lifecycle -> lifecycle.refusal(use, LocalDate.parse(day))));
  }

  /// Source: answers recorded from AWS (`test_large_environment_variables_fails` of
  /// localstack/localstack, where the limit counts the JSON); message as of autumn 2026.
  @Test
  void anEnvironmentOfMoreThanFourKilobytesIsRefused() throws Exception {
    String fits = "x".repeat(4096 - "{\"AB\":\"\"}".length());
    create(python("full-environment", SOURCE).environment(e -> e.variables(Map.of("AB", fits))));
    assertRefused(
        r -> r.environment(e -> e.variables(Map.of("AB", fits + "x"))),
        "InvalidParameterValueException",
        "Lambda was unable to configure your environment variables because the environment"
            + " variables you have provided exceeded the 4KB limit. Measured size: 4097 bytes");
    String half = "\u00e4".repeat(1000);
    assertRefused(
        r -> r.environment(e -> e.variables(Map.of("AB", half, "CD", half, "EF", half))),
        "InvalidParameterValueException",
        "Measured size: 6025 bytes");
    assertThatThrownBy(
            () ->
                fixture.call(
                    UpdateFunctionConfigurationRequest.builder()
                        .functionName("full-environment")
                        .environment(e -> e.variables(Map.of("ABC", fits)))
                        .build(),
                    FunctionConfiguration.class))
        .hasMessageContaining("exceeded the 4KB limit");
  }

  @Test
  void codeSizeOfEachVersionCountsInAccountUsage() throws Exception {
    Caller elsewhere = caller("eu-west-3");
    long size = zip(SOURCE).asByteArrayUnsafe().length;
    fixture.call(elsewhere, python("counted", SOURCE).build(), FunctionConfiguration.class);
    assertThat(usage(elsewhere).totalCodeSize()).isEqualTo(size);
    fixture.call(
        elsewhere,
        PublishVersionRequest.builder().functionName("counted").build(),
        FunctionConfiguration.class);
    assertThat(usage(elsewhere).totalCodeSize()).isEqualTo(2 * size);
    assertThat(usage(elsewhere).functionCount()).isEqualTo(1);
  }

  private static AccountUsage usage(Caller caller) {
    return fixture
        .call(caller, GetAccountSettingsRequest.builder().build(), GetAccountSettingsResponse.class)
        .accountUsage();
  }
}
