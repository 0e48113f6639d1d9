package io.carillon.iam;

import static io.carillon.iam.RolesTest.refused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.carillon.aws.Caller;
import io.carillon.aws.Credentials;
import io.carillon.aws.Need;
import io.carillon.base.Arn;
import io.carillon.policy.Decision;
import io.carillon.server.ManagedPolicyFolder;
import io.carillon.store.Database;
import io.carillon.store.RepeatingDatabase;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.services.iam.model.AddUserToGroupRequest;
import software.amazon.awssdk.services.iam.model.AttachGroupPolicyRequest;
import software.amazon.awssdk.services.iam.model.AttachRolePolicyRequest;
import software.amazon.awssdk.services.iam.model.AttachUserPolicyRequest;
import software.amazon.awssdk.services.iam.model.AttachedPolicy;
import software.amazon.awssdk.services.iam.model.CreateAccessKeyRequest;
import software.amazon.awssdk.services.iam.model.CreateAccessKeyResponse;
import software.amazon.awssdk.services.iam.model.CreateGroupRequest;
import software.amazon.awssdk.services.iam.model.CreateRoleRequest;
import software.amazon.awssdk.services.iam.model.CreateUserRequest;
import software.amazon.awssdk.services.iam.model.DeleteUserPermissionsBoundaryRequest;
import software.amazon.awssdk.services.iam.model.DetachUserPolicyRequest;
import software.amazon.awssdk.services.iam.model.GetPolicyRequest;
import software.amazon.awssdk.services.iam.model.GetPolicyResponse;
import software.amazon.awssdk.services.iam.model.GetPolicyVersionRequest;
import software.amazon.awssdk.services.iam.model.GetPolicyVersionResponse;
import software.amazon.awssdk.services.iam.model.ListAttachedUserPoliciesRequest;
import software.amazon.awssdk.services.iam.model.ListAttachedUserPoliciesResponse;
import software.amazon.awssdk.services.iam.model.ListPoliciesRequest;
import software.amazon.awssdk.services.iam.model.ListPoliciesResponse;
import software.amazon.awssdk.services.iam.model.Policy;
import software.amazon.awssdk.services.iam.model.PutRolePermissionsBoundaryRequest;
import software.amazon.awssdk.services.iam.model.PutUserPermissionsBoundaryRequest;
import software.amazon.awssdk.services.sts.model.AssumeRoleRequest;
import software.amazon.awssdk.services.sts.model.AssumeRoleResponse;
import software.amazon.awssdk.services.sts.model.PolicyDescriptorType;

/// `--managed-policies DIR`: AWS's managed policies from the operator's files.
@Tag("slow")
class ManagedPolicyFolderTest {
  private static final String ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess";
  private static final String JULY_POLICY = "arn:aws:iam::aws:policy/service-role/ReadsOfJuly";
  private static final String ALLOW_READS =
      """
      {"Version": "2012-10-17", "Statement": [
       {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::july/*"}]}
      """;
  private static final String TRUST =
      """
      {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole",
       "Principal":{"AWS":"arn:aws:iam::000000000000:root"}}]}
      """;

  @TempDir Path folder;
  private final Database database = RepeatingDatabase.inMemory();
  private final ListAppender<ILoggingEvent> output = new ListAppender<>();

  @BeforeEach
  void attachAppender() {
    output.start();
    logger().addAppender(output);
    logger().setLevel(Level.INFO);
  }

  @AfterEach
  void detachAppender() {
    logger().detachAppender(output);
    logger().setLevel(null); // inherited
  }

  private static Logger logger() {
    return (Logger) LoggerFactory.getLogger("io.carillon");
  }

  private List<String> logged() {
    return output.list.stream().map(ILoggingEvent::getFormattedMessage).toList();
  }

  private Path write(String file, String text) throws IOException {
    Path path = folder.resolve(file);
    Files.createDirectories(path.getParent());
    return Files.writeString(path, text);
  }

  private IamFixture fixture() {
    return new IamFixture(
        new IamFixture.ReversingSealer(), database, ManagedPolicyFolder.read(Optional.of(folder)));
  }

  private IamFixture fixtureWithoutFolder() {
    return new IamFixture(new IamFixture.ReversingSealer(), database, ManagedPolicyFiles.NONE);
  }

  /// The credentials of a new user.
  static Credentials alice(IamFixture fixture) {
    fixture.call(fixture.root(), CreateUserRequest.builder().userName("alice").build());
    fixture.call(
        fixture.root(),
        AttachUserPolicyRequest.builder().userName("alice").policyArn(ADMINISTRATOR).build());
    return keyOf(fixture, "alice");
  }

  private static Credentials keyOf(IamFixture fixture, String user) {
    String key =
        fixture
            .call(
                fixture.root(),
                CreateAccessKeyRequest.builder().userName(user).build(),
                CreateAccessKeyResponse.class)
            .accessKey()
            .accessKeyId();
    return fixture.find(key, "").orElseThrow();
  }

  private static Decision decide(IamFixture fixture, Credentials credentials, String bucket) {
    Caller caller = fixture.caller(credentials);
    return fixture.decide(
        caller, Need.of("s3:GetObject", Arn.parse("arn:aws:s3:::" + bucket + "/key")));
  }

  private static boolean reads(IamFixture fixture, Credentials credentials, String bucket) {
    return decide(fixture, credentials, bucket).isAllowed();
  }

  private static Policy getPolicy(IamFixture fixture, String arn) {
    return fixture
        .call(
            fixture.root(),
            GetPolicyRequest.builder().policyArn(arn).build(),
            GetPolicyResponse.class)
        .policy();
  }

  @Test
  void aPolicyDocumentIsLoadedUnderItsPath() throws IOException {
    Path file = write("service-role/ReadsOfJuly.json", ALLOW_READS);
    IamFixture fixture = fixture();

    Policy policy = getPolicy(fixture, JULY_POLICY);
    assertThat(policy.policyName()).isEqualTo("ReadsOfJuly");
    assertThat(policy.path()).isEqualTo("/service-role/");
    assertThat(policy.policyId()).startsWith("ANPA");
    assertThat(policy.defaultVersionId()).isEqualTo("v1");
    assertThat(policy.createDate()).isEqualTo(Files.getLastModifiedTime(file).toInstant());
    String document =
        fixture
            .call(
                fixture.root(),
                GetPolicyVersionRequest.builder().policyArn(JULY_POLICY).versionId("v1").build(),
                GetPolicyVersionResponse.class)
            .policyVersion()
            .document();
    assertThat(URLDecoder.decode(document, StandardCharsets.UTF_8)).contains("arn:aws:s3:::july/*");
    assertThat(
            fixture
                .call(
                    fixture.root(),
                    ListPoliciesRequest.builder().scope("AWS").maxItems(1_000).build(),
                    ListPoliciesResponse.class)
                .policies())
        .extracting(Policy::arn)
        .contains(JULY_POLICY, ADMINISTRATOR)
        .doesNotHaveDuplicates()
        .isSorted();
    assertThat(logged()).containsExactly("Managed policies from " + folder + ": 1");
  }

  @Test
  void outputOfTheAwsCliIsLoadedWithItsVersion() throws IOException {
    write(
        "ReadsOfJuly.json",
        """
        {"PolicyVersion": {"Document": %s, "VersionId": "v12", "IsDefaultVersion": true,
         "CreateDate": "2024-05-24T18:16:44+00:00"}}
        """
            .formatted(ALLOW_READS));
    write(
        "Both.json",
        """
        {"Policy": {"PolicyName": "Both", "PolicyId": "ANPAEXAMPLE", "Path": "/",
         "Arn": "arn:aws:iam::aws:policy/Both", "DefaultVersionId": "v2", "AttachmentCount": 0,
         "IsAttachable": true, "Description": "Both.", "CreateDate": "2015-02-06T18:41:07Z",
         "UpdateDate": "2016-02-06T18:41:07Z", "Tags": []},
         "PolicyVersion": {"Document": %s, "VersionId": "v2", "IsDefaultVersion": true,
         "CreateDate": "2016-02-06T18:41:07Z"}}
        """
            .formatted(ALLOW_READS));
    IamFixture fixture = fixture();

    Policy version = getPolicy(fixture, "arn:aws:iam::aws:policy/ReadsOfJuly");
    assertThat(version.defaultVersionId()).isEqualTo("v12");
    assertThat(version.updateDate()).isEqualTo(Instant.parse("2024-05-24T18:16:44Z"));
    Policy both = getPolicy(fixture, "arn:aws:iam::aws:policy/Both");
    assertThat(both.description()).isEqualTo("Both.");
    assertThat(both.createDate()).isEqualTo(Instant.parse("2015-02-06T18:41:07Z"));
    assertThat(both.updateDate()).isEqualTo(Instant.parse("2016-02-06T18:41:07Z"));
  }

  @Test
  void aPolicyFromAFileGrantsAccess() throws IOException {
    write("service-role/ReadsOfJuly.json", ALLOW_READS);
    IamFixture fixture = fixture();
    for (String user : List.of("attached", "grouped", "bounded")) {
      fixture.call(fixture.root(), CreateUserRequest.builder().userName(user).build());
    }
    fixture.call(
        fixture.root(),
        AttachUserPolicyRequest.builder().userName("attached").policyArn(JULY_POLICY).build());
    fixture.call(fixture.root(), CreateGroupRequest.builder().groupName("g").build());
    fixture.call(
        fixture.root(),
        AttachGroupPolicyRequest.builder().groupName("g").policyArn(JULY_POLICY).build());
    fixture.call(
        fixture.root(), AddUserToGroupRequest.builder().groupName("g").userName("grouped").build());
    fixture.call(
        fixture.root(),
        AttachUserPolicyRequest.builder().userName("bounded").policyArn(ADMINISTRATOR).build());
    fixture.call(
        fixture.root(),
        PutUserPermissionsBoundaryRequest.builder()
            .userName("bounded")
            .permissionsBoundary(JULY_POLICY)
            .build());
    Credentials alice = alice(fixture);
    Credentials role = session(fixture, alice, "attached", JULY_POLICY, null, null);
    Credentials boundedRole = session(fixture, alice, "bounded", ADMINISTRATOR, JULY_POLICY, null);
    Credentials narrowed = session(fixture, alice, "narrowed", ADMINISTRATOR, null, JULY_POLICY);

    for (Credentials caller :
        List.of(
            keyOf(fixture, "attached"),
            keyOf(fixture, "grouped"),
            keyOf(fixture, "bounded"),
            role,
            boundedRole,
            narrowed)) {
      assertThat(reads(fixture, caller, "july")).as(caller.principal().arn()).isTrue();
      assertThat(reads(fixture, caller, "june")).as(caller.principal().arn()).isFalse();
    }
    assertThat(getPolicy(fixture, JULY_POLICY).attachmentCount()).isEqualTo(3);
    assertThat(getPolicy(fixture, JULY_POLICY).permissionsBoundaryUsageCount()).isEqualTo(2);
  }

  private static Credentials session(
      IamFixture fixture,
      Credentials by,
      String role,
      String attached,
      @Nullable String boundary,
      @Nullable String passed) {
    fixture.call(
        fixture.root(),
        CreateRoleRequest.builder().roleName(role).assumeRolePolicyDocument(TRUST).build());
    fixture.call(
        fixture.root(),
        AttachRolePolicyRequest.builder().roleName(role).policyArn(attached).build());
    if (boundary != null) {
      fixture.call(
          fixture.root(),
          PutRolePermissionsBoundaryRequest.builder()
              .roleName(role)
              .permissionsBoundary(boundary)
              .build());
    }
    AssumeRoleRequest.Builder request =
        AssumeRoleRequest.builder()
            .roleArn(fixture.role(role).toString())
            .roleSessionName("session");
    if (passed != null) {
      request.policyArns(PolicyDescriptorType.builder().arn(passed).build());
    }
    var issued =
        fixture.call(fixture.caller(by), request.build(), AssumeRoleResponse.class).credentials();
    return fixture.find(issued.accessKeyId(), issued.sessionToken()).orElseThrow();
  }

  @Test
  void aMissingPolicyDeniesEverythingUntilDetached() throws IOException {
    write("service-role/ReadsOfJuly.json", ALLOW_READS);
    IamFixture before = fixture();
    Credentials alice = alice(before);
    for (String user : List.of("attached", "grouped", "bounded")) {
      before.call(before.root(), CreateUserRequest.builder().userName(user).build());
      before.call(
          before.root(),
          AttachUserPolicyRequest.builder().userName(user).policyArn(ADMINISTRATOR).build());
    }
    before.call(
        before.root(),
        AttachUserPolicyRequest.builder().userName("attached").policyArn(JULY_POLICY).build());
    before.call(before.root(), CreateGroupRequest.builder().groupName("g").build());
    before.call(
        before.root(),
        AttachGroupPolicyRequest.builder().groupName("g").policyArn(JULY_POLICY).build());
    before.call(
        before.root(), AddUserToGroupRequest.builder().groupName("g").userName("grouped").build());
    before.call(
        before.root(),
        PutUserPermissionsBoundaryRequest.builder()
            .userName("bounded")
            .permissionsBoundary(JULY_POLICY)
            .build());
    Credentials narrowed = session(before, alice, "narrowed", ADMINISTRATOR, null, JULY_POLICY);
    assertThat(reads(before, narrowed, "july")).isTrue();
    output.list.clear();

    IamFixture after = fixtureWithoutFolder();
    after.iam.chores().getFirst().work().run();
    assertThat(logged())
        .hasSize(2)
        .anyMatch(
            line -> line.startsWith(JULY_POLICY + " is attached or a boundary, but this server"))
        .anyMatch(
            line ->
                line.startsWith("There is no managed policy " + JULY_POLICY + " here.")
                    && line.endsWith("start with --managed-policies DIR"));
    for (String user : List.of("attached", "grouped", "bounded")) {
      assertThat(decide(after, keyOf(after, user), "july"))
          .as(user)
          .isInstanceOfSatisfying(
              Decision.ExplicitlyDenied.class,
              denied ->
                  assertThat(denied.by())
                      .endsWith(
                          "managed policy " + JULY_POLICY + ", which this server does not have"));
    }
    assertThat(reads(after, session(after, narrowed), "july")).isFalse();
    assertThat(attached(after)).containsExactly("AdministratorAccess", "ReadsOfJuly");
    refused(() -> getPolicy(after, JULY_POLICY), IamError.NO_SUCH_ENTITY);

    Credentials attached = keyOf(after, "attached");
    Credentials bounded = keyOf(after, "bounded");
    after.call(
        after.root(),
        DetachUserPolicyRequest.builder().userName("attached").policyArn(JULY_POLICY).build());
    after.call(
        after.root(), DeleteUserPermissionsBoundaryRequest.builder().userName("bounded").build());
    assertThat(reads(after, attached, "july")).isTrue();
    assertThat(reads(after, bounded, "july")).isTrue();
    assertThat(attached(after)).containsExactly("AdministratorAccess");
  }

  /// The same session on another server with the same data.
  private static Credentials session(IamFixture fixture, Credentials issued) {
    return fixture
        .find(issued.accessKeyId(), issued.sessionToken().orElseThrow().reveal())
        .orElseThrow();
  }

  private static List<String> attached(IamFixture fixture) {
    return fixture
        .call(
            fixture.root(),
            ListAttachedUserPoliciesRequest.builder().userName("attached").build(),
            ListAttachedUserPoliciesResponse.class)
        .attachedPolicies()
        .stream()
        .map(AttachedPolicy::policyName)
        .toList();
  }

  @Test
  void existingPoliciesAreNotLoggedAsMissing() {
    IamFixture fixture = fixtureWithoutFolder();
    alice(fixture);
    fixture.iam.chores().getFirst().work().run();
    assertThat(logged()).isEmpty();
  }

  @Test
  void aFileReplacesTheBuiltInPolicyAndThatIsLogged() throws IOException {
    write("AmazonS3ReadOnlyAccess.json", ALLOW_READS);
    write("service-role/AWSLambdaRole.json", ALLOW_READS);
    IamFixture fixture = fixture();
    assertThat(logged())
        .contains(
            folder + "/AmazonS3ReadOnlyAccess.json (v1) replaces the built-in policy (v3)",
            folder + "/service-role/AWSLambdaRole.json (v1) replaces the built-in policy (v1)");
    assertThat(
            getPolicy(fixture, "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess").defaultVersionId())
        .isEqualTo("v1");
    assertThat(
            fixture
                .call(
                    fixture.root(),
                    ListPoliciesRequest.builder().scope("AWS").maxItems(1_000).build(),
                    ListPoliciesResponse.class)
                .policies())
        .extracting(Policy::arn)
        .doesNotHaveDuplicates();
  }

  @Test
  void anUnknownPolicyIsLoggedWithTheFolder() throws IOException {
    write("A.json", ALLOW_READS);
    AwsManagedPolicies policies =
        new AwsManagedPolicies(ManagedPolicyFolder.read(Optional.of(folder)));
    assertThat(policies.find("arn:aws:iam::aws:policy/job-function/B")).isEmpty();
    assertThat(logged().getLast())
        .endsWith(" > " + folder + "/job-function/B.json` and start again");
  }

  @Test
  void hiddenFilesAreIgnoredAndOthersLogged() throws IOException {
    write(".git/config.json", "no");
    write(".DS_Store", "no");
    write("README.md", "no");
    write("..data/Mounted.json", ALLOW_READS);
    Files.createSymbolicLink(
        folder.resolve("Mounted.json"), folder.resolve("..data").resolve("Mounted.json"));
    assertThat(getPolicy(fixture(), "arn:aws:iam::aws:policy/Mounted").defaultVersionId())
        .isEqualTo("v1");
    assertThat(logged())
        .containsExactly(
            folder + "/README.md is left out: managed policies are files NAME.json",
            "Managed policies from " + folder + ": 1");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "|it is not a JSON object",
        "{\"Statement\": [|it is not JSON: look at line 1",
        "[]|it is not a JSON object",
        "{}|it has no policy document",
        "{\"Policy\": {\"PolicyName\": \"X\"}}|it has no policy document",
        "{\"Statement\": []}|its policy document is refused: Missing required field Statement",
        "{\"Statement\": {\"Effect\": \"Perhaps\", \"Action\": \"*\", \"Resource\": \"*\"}}|its"
            + " policy document is refused: ",
        "{\"Statement\": {\"Effect\": \"Allow\", \"Action\": \"*\"}}|its policy document is"
            + " refused: ",
        "{\"Statement\": {\"Effect\": \"Allow\", \"Principal\": \"*\", \"Action\": \"*\","
            + " \"Resource\": \"*\"}}|its policy document is refused: ",
        "{\"Version\": \"2012-10-17\", \"Version\": \"2012-10-17\"}|it is not JSON",
        "{\"Version\": \"2012-10-17\"}|it has a member Version",
        "{\"PolicyVersion\": {\"Document\": \"%7B%7D\", \"VersionId\": \"v1\"}}|it has no policy"
            + " document (a JSON object PolicyVersion.Document)",
        "{\"PolicyVersion\": {\"Document\": {}, \"VersionId\": \"1\"}}|its PolicyVersion.VersionId"
            + " is not one such as v3",
        "{\"PolicyVersion\": {\"Document\": {}, \"VersionId\": \"v1\", \"CreateDate\":"
            + " \"now\"}}|\"now\" is not a time",
        "{\"Policy\": {\"Arn\": \"arn:aws:iam::aws:policy/service-role/X\"}, \"PolicyVersion\":"
            + " {\"Document\": {}, \"VersionId\": \"v1\"}}|its ARN is"
            + " arn:aws:iam::aws:policy/service-role/X, but the name of the file means"
            + " arn:aws:iam::aws:policy/X",
      })
  void anInvalidPolicyFileStopsTheStart(@Nullable String text, String message) throws IOException {
    write("X.json", text == null ? "" : text);
    refusesToStart(
        "The managed policy file " + folder + "/X.json is not a managed policy: " + message,
        "Replace it by the output of `aws iam get-policy-version`");
  }

  @ParameterizedTest
  @ValueSource(strings = {"a b.json", "x!/A.json", "ä.json", "$.json"})
  void anInvalidPolicyNameStopsTheStart(String name) throws IOException {
    write(name, ALLOW_READS);
    refusesToStart("has a name that no policy can have. Use letters");
  }

  @ParameterizedTest
  @CsvSource({
    "AWSLambdaBasicExecutionRole.json,arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole",
    "amazons3fullaccess.json,arn:aws:iam::aws:policy/AmazonS3FullAccess"
  })
  void aBuiltInNameUnderAnotherPathStopsTheStart(String file, String arn) throws IOException {
    write(file, ALLOW_READS);
    refusesToStart(
        "The managed policy file " + folder + "/" + file + " has the name of " + arn,
        "to replace the built-in one, name it "
            + folder
            + arn.substring(arn.indexOf('/'))
            + ".json.");
  }

  @Test
  void twoFilesWithTheSameNameStopTheStart() throws IOException {
    write("A.json", ALLOW_READS);
    write("path/A.json", ALLOW_READS);
    refusesToStart("has the name of arn:aws:iam::aws:policy/A, which exists too.");
  }

  @Test
  void filesThatAreNotTextStopTheStart() throws IOException {
    Files.write(folder.resolve("X.json"), new byte[] {(byte) 0xFF, (byte) 0xFE, '{', 0});
    refusesToStart("The managed policy file " + folder + "/X.json is not UTF-8.");
    Files.write(folder.resolve("X.json"), new byte[(1 << 20) + 1]);
    refusesToStart("The managed policy file " + folder + "/X.json is not a file of at most 1 MiB.");
  }

  @Test
  void aMissingFolderStopsTheStart() throws IOException {
    Path none = folder.resolve("none");
    assertThatThrownBy(() -> ManagedPolicyFolder.read(Optional.of(none)))
        .isInstanceOf(UnusableManagedPolicyException.class)
        .hasMessage(
            "The folder of managed policies "
                + none
                + " does not exist. Make it, or name another with --managed-policies DIR.");
    Path file = Files.writeString(folder.resolve("file"), "");
    assertThatThrownBy(() -> ManagedPolicyFolder.read(Optional.of(file)))
        .isInstanceOf(UnusableManagedPolicyException.class)
        .hasMessageContaining(file + " is not a folder.");
    Files.createSymbolicLink(folder.resolve("loop"), folder);
    refusesToStart("cannot be read: ", "FileSystemLoopException");
  }

  private void refusesToStart(String... parts) {
    assertThatThrownBy(this::fixture)
        .isInstanceOf(UnusableManagedPolicyException.class)
        .message()
        .contains(parts);
  }
}
