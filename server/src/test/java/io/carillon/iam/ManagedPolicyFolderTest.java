package io.carillon.iam;

import static io.carillon.iam.RolesTest.refused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.carillon.ManagedPolicyFolder;
import io.carillon.aws.Caller;
import io.carillon.aws.Credentials;
import io.carillon.aws.Need;
import io.carillon.base.Arn;
import io.carillon.policy.Decision;
import io.carillon.store.Database;
import io.carillon.store.MemoryDatabase;
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

/// `--managed-policies DIR`: AWS's policies from files of the operator.
@Tag("slow")
class ManagedPolicyFolderTest {
  private static final String ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess";
  private static final String OF_JULY = "arn:aws:iam::aws:policy/service-role/ReadsOfJuly";
  private static final String READS =
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
  private final Database database = new MemoryDatabase();
  private final ListAppender<ILoggingEvent> output = new ListAppender<>();

  @BeforeEach
  void hear() {
    output.start();
    logger().addAppender(output);
    logger().setLevel(Level.INFO);
  }

  @AfterEach
  void unheard() {
    logger().detachAppender(output);
    logger().setLevel(null); // what it inherits
  }

  private static Logger logger() {
    return (Logger) LoggerFactory.getLogger("io.carillon");
  }

  private List<String> told() {
    return output.list.stream().map(ILoggingEvent::getFormattedMessage).toList();
  }

  private Path write(String file, String text) throws IOException {
    Path path = folder.resolve(file);
    Files.createDirectories(path.getParent());
    return Files.writeString(path, text);
  }

  private IamFixture world() {
    return new IamFixture(
        new IamFixture.ReversingSealer(), database, ManagedPolicyFolder.read(Optional.of(folder)));
  }

  private IamFixture worldWithoutFolder() {
    return new IamFixture(new IamFixture.ReversingSealer(), database, ManagedPolicyFiles.NONE);
  }

  /// A new user with a key of its own.
  static Credentials alice(IamFixture world) {
    world.call(world.root(), CreateUserRequest.builder().userName("alice").build());
    world.call(
        world.root(),
        AttachUserPolicyRequest.builder().userName("alice").policyArn(ADMINISTRATOR).build());
    return keyOf(world, "alice");
  }

  private static Credentials keyOf(IamFixture world, String user) {
    String key =
        world
            .call(
                world.root(),
                CreateAccessKeyRequest.builder().userName(user).build(),
                CreateAccessKeyResponse.class)
            .accessKey()
            .accessKeyId();
    return world.find(key, "").orElseThrow();
  }

  private static Decision get(IamFixture world, Credentials who, String bucket) {
    Caller caller = world.caller(who);
    return world.authorizer.decide(
        caller, Need.of("s3:GetObject", Arn.parse("arn:aws:s3:::" + bucket + "/key")));
  }

  private static boolean reads(IamFixture world, Credentials who, String bucket) {
    return get(world, who, bucket).isAllowed();
  }

  private static Policy shown(IamFixture world, String arn) {
    return world
        .call(
            world.root(),
            GetPolicyRequest.builder().policyArn(arn).build(),
            GetPolicyResponse.class)
        .policy();
  }

  @Test
  void aBareDocumentIsAPolicyUnderItsPath() throws IOException {
    Path file = write("service-role/ReadsOfJuly.json", READS);
    IamFixture world = world();

    Policy policy = shown(world, OF_JULY);
    assertThat(policy.policyName()).isEqualTo("ReadsOfJuly");
    assertThat(policy.path()).isEqualTo("/service-role/");
    assertThat(policy.policyId()).startsWith("ANPA");
    assertThat(policy.defaultVersionId()).isEqualTo("v1");
    assertThat(policy.createDate()).isEqualTo(Files.getLastModifiedTime(file).toInstant());
    String document =
        world
            .call(
                world.root(),
                GetPolicyVersionRequest.builder().policyArn(OF_JULY).versionId("v1").build(),
                GetPolicyVersionResponse.class)
            .policyVersion()
            .document();
    assertThat(URLDecoder.decode(document, StandardCharsets.UTF_8)).contains("arn:aws:s3:::july/*");
    assertThat(
            world
                .call(
                    world.root(),
                    ListPoliciesRequest.builder().scope("AWS").maxItems(1_000).build(),
                    ListPoliciesResponse.class)
                .policies())
        .extracting(Policy::arn)
        .contains(OF_JULY, ADMINISTRATOR)
        .doesNotHaveDuplicates()
        .isSorted();
    assertThat(told()).containsExactly("Managed policies from " + folder + ": 1");
  }

  @Test
  void whatTheAwsCliPrintsIsAPolicyWithItsVersion() throws IOException {
    write(
        "ReadsOfJuly.json",
        """
        {"PolicyVersion": {"Document": %s, "VersionId": "v12", "IsDefaultVersion": true,
         "CreateDate": "2024-05-24T18:16:44+00:00"}}
        """
            .formatted(READS));
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
            .formatted(READS));
    IamFixture world = world();

    Policy version = shown(world, "arn:aws:iam::aws:policy/ReadsOfJuly");
    assertThat(version.defaultVersionId()).isEqualTo("v12");
    assertThat(version.updateDate()).isEqualTo(Instant.parse("2024-05-24T18:16:44Z"));
    Policy both = shown(world, "arn:aws:iam::aws:policy/Both");
    assertThat(both.description()).isEqualTo("Both.");
    assertThat(both.createDate()).isEqualTo(Instant.parse("2015-02-06T18:41:07Z"));
    assertThat(both.updateDate()).isEqualTo(Instant.parse("2016-02-06T18:41:07Z"));
  }

  @Test
  void aPolicyOfAFileGrantsWhatItSays() throws IOException {
    write("service-role/ReadsOfJuly.json", READS);
    IamFixture world = world();
    for (String user : List.of("attached", "grouped", "bounded")) {
      world.call(world.root(), CreateUserRequest.builder().userName(user).build());
    }
    world.call(
        world.root(),
        AttachUserPolicyRequest.builder().userName("attached").policyArn(OF_JULY).build());
    world.call(world.root(), CreateGroupRequest.builder().groupName("g").build());
    world.call(
        world.root(), AttachGroupPolicyRequest.builder().groupName("g").policyArn(OF_JULY).build());
    world.call(
        world.root(), AddUserToGroupRequest.builder().groupName("g").userName("grouped").build());
    world.call(
        world.root(),
        AttachUserPolicyRequest.builder().userName("bounded").policyArn(ADMINISTRATOR).build());
    world.call(
        world.root(),
        PutUserPermissionsBoundaryRequest.builder()
            .userName("bounded")
            .permissionsBoundary(OF_JULY)
            .build());
    Credentials alice = alice(world);
    Credentials role = session(world, alice, "attached", OF_JULY, null, null);
    Credentials boundedRole = session(world, alice, "bounded", ADMINISTRATOR, OF_JULY, null);
    Credentials narrowed = session(world, alice, "narrowed", ADMINISTRATOR, null, OF_JULY);

    for (Credentials who :
        List.of(
            keyOf(world, "attached"),
            keyOf(world, "grouped"),
            keyOf(world, "bounded"),
            role,
            boundedRole,
            narrowed)) {
      assertThat(reads(world, who, "july")).as(who.principal().arn()).isTrue();
      assertThat(reads(world, who, "june")).as(who.principal().arn()).isFalse();
    }
    assertThat(shown(world, OF_JULY).attachmentCount()).isEqualTo(3);
    assertThat(shown(world, OF_JULY).permissionsBoundaryUsageCount()).isEqualTo(2);
  }

  private static Credentials session(
      IamFixture world,
      Credentials by,
      String role,
      String attached,
      @Nullable String boundary,
      @Nullable String passed) {
    world.call(
        world.root(),
        CreateRoleRequest.builder().roleName(role).assumeRolePolicyDocument(TRUST).build());
    world.call(
        world.root(), AttachRolePolicyRequest.builder().roleName(role).policyArn(attached).build());
    if (boundary != null) {
      world.call(
          world.root(),
          PutRolePermissionsBoundaryRequest.builder()
              .roleName(role)
              .permissionsBoundary(boundary)
              .build());
    }
    AssumeRoleRequest.Builder request =
        AssumeRoleRequest.builder().roleArn(world.role(role).toString()).roleSessionName("session");
    if (passed != null) {
      request.policyArns(PolicyDescriptorType.builder().arn(passed).build());
    }
    var issued =
        world.call(world.caller(by), request.build(), AssumeRoleResponse.class).credentials();
    return world.find(issued.accessKeyId(), issued.sessionToken()).orElseThrow();
  }

  @Test
  void aPolicyThatIsGoneAtALaterStartDeniesUntilItIsDetached() throws IOException {
    write("service-role/ReadsOfJuly.json", READS);
    IamFixture before = world();
    Credentials alice = alice(before);
    for (String user : List.of("attached", "grouped", "bounded")) {
      before.call(before.root(), CreateUserRequest.builder().userName(user).build());
      before.call(
          before.root(),
          AttachUserPolicyRequest.builder().userName(user).policyArn(ADMINISTRATOR).build());
    }
    before.call(
        before.root(),
        AttachUserPolicyRequest.builder().userName("attached").policyArn(OF_JULY).build());
    before.call(before.root(), CreateGroupRequest.builder().groupName("g").build());
    before.call(
        before.root(),
        AttachGroupPolicyRequest.builder().groupName("g").policyArn(OF_JULY).build());
    before.call(
        before.root(), AddUserToGroupRequest.builder().groupName("g").userName("grouped").build());
    before.call(
        before.root(),
        PutUserPermissionsBoundaryRequest.builder()
            .userName("bounded")
            .permissionsBoundary(OF_JULY)
            .build());
    Credentials narrowed = session(before, alice, "narrowed", ADMINISTRATOR, null, OF_JULY);
    assertThat(reads(before, narrowed, "july")).isTrue();
    output.list.clear();

    IamFixture after = worldWithoutFolder();
    after.iam.tellMissingPolicies();
    assertThat(told())
        .hasSize(2)
        .anyMatch(line -> line.startsWith(OF_JULY + " is attached or a boundary, but this server"))
        .anyMatch(
            line ->
                line.startsWith("There is no managed policy " + OF_JULY + " here.")
                    && line.endsWith("start with --managed-policies DIR"));
    for (String user : List.of("attached", "grouped", "bounded")) {
      assertThat(get(after, keyOf(after, user), "july"))
          .as(user)
          .isInstanceOfSatisfying(
              Decision.ExplicitlyDenied.class,
              denied ->
                  assertThat(denied.by())
                      .endsWith("managed policy " + OF_JULY + ", which this server does not have"));
    }
    assertThat(reads(after, session(after, narrowed), "july")).isFalse();
    assertThat(attached(after)).containsExactly("AdministratorAccess", "ReadsOfJuly");
    refused(() -> shown(after, OF_JULY), IamError.NO_SUCH_ENTITY);

    Credentials attached = keyOf(after, "attached");
    Credentials bounded = keyOf(after, "bounded");
    after.call(
        after.root(),
        DetachUserPolicyRequest.builder().userName("attached").policyArn(OF_JULY).build());
    after.call(
        after.root(), DeleteUserPermissionsBoundaryRequest.builder().userName("bounded").build());
    assertThat(reads(after, attached, "july")).isTrue();
    assertThat(reads(after, bounded, "july")).isTrue();
    assertThat(attached(after)).containsExactly("AdministratorAccess");
  }

  /// The same session at another server of the same data.
  private static Credentials session(IamFixture world, Credentials issued) {
    return world
        .find(issued.accessKeyId(), issued.sessionToken().orElseThrow().reveal())
        .orElseThrow();
  }

  private static List<String> attached(IamFixture world) {
    return world
        .call(
            world.root(),
            ListAttachedUserPoliciesRequest.builder().userName("attached").build(),
            ListAttachedUserPoliciesResponse.class)
        .attachedPolicies()
        .stream()
        .map(AttachedPolicy::policyName)
        .toList();
  }

  @Test
  void whatIsHereIsNotToldOf() {
    IamFixture world = worldWithoutFolder();
    alice(world);
    world.iam.tellMissingPolicies();
    assertThat(told()).isEmpty();
  }

  @Test
  void aFileReplacesTheBuiltInPolicyOfItsArnAndSaysSo() throws IOException {
    write("AmazonS3ReadOnlyAccess.json", READS);
    write("service-role/AWSLambdaRole.json", READS);
    IamFixture world = world();
    assertThat(told())
        .contains(
            folder + "/AmazonS3ReadOnlyAccess.json (v1) replaces the built-in policy (v3)",
            folder + "/service-role/AWSLambdaRole.json (v1) replaces the built-in policy (v1)");
    assertThat(shown(world, "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess").defaultVersionId())
        .isEqualTo("v1");
    assertThat(
            world
                .call(
                    world.root(),
                    ListPoliciesRequest.builder().scope("AWS").maxItems(1_000).build(),
                    ListPoliciesResponse.class)
                .policies())
        .extracting(Policy::arn)
        .doesNotHaveDuplicates();
  }

  @Test
  void anUnknownPolicyIsToldOfWithTheFolder() throws IOException {
    write("A.json", READS);
    AwsManagedPolicies policies =
        new AwsManagedPolicies(ManagedPolicyFolder.read(Optional.of(folder)));
    assertThat(policies.find("arn:aws:iam::aws:policy/job-function/B")).isEmpty();
    assertThat(told().getLast()).endsWith(" > " + folder + "/job-function/B.json` and start again");
  }

  @Test
  void hiddenFilesArePassedOverAndOthersAreToldOf() throws IOException {
    write(".git/config.json", "no");
    write(".DS_Store", "no");
    write("README.md", "no");
    write("..data/Mounted.json", READS);
    Files.createSymbolicLink(
        folder.resolve("Mounted.json"), folder.resolve("..data").resolve("Mounted.json"));
    assertThat(shown(world(), "arn:aws:iam::aws:policy/Mounted").defaultVersionId())
        .isEqualTo("v1");
    assertThat(told())
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
            + " {\"Document\": {}, \"VersionId\": \"v1\"}}|it is about"
            + " arn:aws:iam::aws:policy/service-role/X, but as this file it would be"
            + " arn:aws:iam::aws:policy/X",
      })
  void aFileThatIsNoPolicyStopsTheStart(@Nullable String text, String says) throws IOException {
    write("X.json", text == null ? "" : text);
    refusesToStart(
        "The managed policy file " + folder + "/X.json is no managed policy: " + says,
        "Put into it what `aws iam get-policy-version` prints");
  }

  @ParameterizedTest
  @ValueSource(strings = {"a b.json", "x!/A.json", "ä.json", "$.json"})
  void aNameThatNoPolicyCanHaveStopsTheStart(String name) throws IOException {
    write(name, READS);
    refusesToStart("has a name that no policy can have. Use letters");
  }

  @ParameterizedTest
  @CsvSource({
    "AWSLambdaBasicExecutionRole.json,arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole",
    "amazons3fullaccess.json,arn:aws:iam::aws:policy/AmazonS3FullAccess"
  })
  void aNameOfABuiltInPolicyAtAnotherPathStopsTheStart(String file, String arn) throws IOException {
    write(file, READS);
    refusesToStart(
        "The managed policy file " + folder + "/" + file + " has the name of " + arn,
        "to replace the built-in one, call it "
            + folder
            + arn.substring(arn.indexOf('/'))
            + ".json.");
  }

  @Test
  void twoFilesOfOneNameStopTheStart() throws IOException {
    write("A.json", READS);
    write("path/A.json", READS);
    refusesToStart("has the name of arn:aws:iam::aws:policy/A, which is there too.");
  }

  @Test
  void bytesThatAreNoTextStopTheStart() throws IOException {
    Files.write(folder.resolve("X.json"), new byte[] {(byte) 0xFF, (byte) 0xFE, '{', 0});
    refusesToStart("The managed policy file " + folder + "/X.json is not UTF-8.");
    Files.write(folder.resolve("X.json"), new byte[(1 << 20) + 1]);
    refusesToStart("The managed policy file " + folder + "/X.json is not a file of at most 1 MiB.");
  }

  @Test
  void aFolderThatIsNoneStopsTheStart() throws IOException {
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
    assertThatThrownBy(this::world)
        .isInstanceOf(UnusableManagedPolicyException.class)
        .message()
        .contains(parts);
  }
}
