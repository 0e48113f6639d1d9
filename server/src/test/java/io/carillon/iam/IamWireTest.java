package io.carillon.iam;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.aws.DirectClient;
import io.carillon.aws.pipeline.NoSenderRules;
import io.carillon.aws.pipeline.RequestPipeline;
import io.carillon.aws.pipeline.ServerIdentity;
import io.carillon.aws.sigv4.SignatureVerifier;
import io.carillon.base.Ids;
import java.net.URI;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.auth.credentials.AwsSessionCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.client.builder.AwsClientBuilder;
import software.amazon.awssdk.awscore.client.builder.AwsSyncClientBuilder;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.iam.IamClient;
import software.amazon.awssdk.services.iam.model.AccessKey;
import software.amazon.awssdk.services.iam.model.AttachedPolicy;
import software.amazon.awssdk.services.iam.model.EntityAlreadyExistsException;
import software.amazon.awssdk.services.iam.model.IamException;
import software.amazon.awssdk.services.iam.model.MalformedPolicyDocumentException;
import software.amazon.awssdk.services.iam.model.NoSuchEntityException;
import software.amazon.awssdk.services.iam.model.Role;
import software.amazon.awssdk.services.sts.StsClient;
import software.amazon.awssdk.services.sts.model.AssumeRoleResponse;
import software.amazon.awssdk.services.sts.model.Credentials;
import software.amazon.awssdk.services.sts.model.StsException;

/// IAM and STS through the AWS SDK for Java: signed, in the query protocol, through the whole
/// request pipeline.
class IamWireTest {
  private static final String POLICIES = "arn:aws:iam::aws:policy/";
  private static final AwsCredentials ROOT = AwsBasicCredentials.create("test", "test");

  private final IamFixture fixture = new IamFixture();
  private final IamClient iam = client(IamClient.builder(), ROOT);

  @BeforeEach
  void synchronizeTheClock() {
    fixture.now = Clock.systemUTC().instant();
  }

  private <B extends AwsSyncClientBuilder<B, C> & AwsClientBuilder<B, C>, C> C client(
      B builder, AwsCredentials credentials) {
    RequestPipeline pipeline =
        new RequestPipeline(
            List.of(fixture.iam.operations(), fixture.sts.operations()),
            new SignatureVerifier(fixture::find, Clock.systemUTC()),
            new NoSenderRules(),
            fixture.authorizer,
            new ServerIdentity(List.of("localhost"), Optional.empty(), IamFixture.ACCOUNT),
            new Ids(),
            Clock.systemUTC());
    return builder
        .httpClient(new DirectClient(pipeline))
        .endpointOverride(URI.create("http://localhost:4566"))
        .region(Region.EU_WEST_1)
        .credentialsProvider(StaticCredentialsProvider.create(credentials))
        .build();
  }

  private static AwsCredentials session(Credentials issued) {
    return AwsSessionCredentials.create(
        issued.accessKeyId(), issued.secretAccessKey(), issued.sessionToken());
  }

  @Test
  void commonIdentityCallsWork() {
    assertThat(client(StsClient.builder(), ROOT).getCallerIdentity().arn())
        .isEqualTo("arn:aws:iam::000000000000:root");
    Role role =
        iam.createRole(
                r -> r.roleName("lambda-role").assumeRolePolicyDocument(IamFixture.LAMBDA_TRUST))
            .role();
    assertThat(role.arn()).isEqualTo("arn:aws:iam::000000000000:role/lambda-role");
    for (String policy : List.of("AWSLambda_FullAccess", "AmazonSNSFullAccess")) {
      iam.attachRolePolicy(r -> r.roleName("lambda-role").policyArn(POLICIES + policy));
    }
    assertThat(iam.listAttachedRolePolicies(r -> r.roleName("lambda-role")).attachedPolicies())
        .extracting(AttachedPolicy::policyName)
        .containsExactly("AWSLambda_FullAccess", "AmazonSNSFullAccess");
  }

  @Test
  void errorsBecomeExceptionsOfTheSdk() {
    assertThatThrownBy(() -> iam.getRole(r -> r.roleName("nobody")))
        .isInstanceOf(NoSuchEntityException.class)
        .hasMessageContaining("The role with name nobody cannot be found.");
    assertThatThrownBy(() -> iam.createRole(r -> r.roleName("r").assumeRolePolicyDocument("{}")))
        .isInstanceOf(MalformedPolicyDocumentException.class);
    iam.createUser(r -> r.userName("bob"));
    assertThatThrownBy(() -> iam.createUser(r -> r.userName("Bob")))
        .isInstanceOf(EntityAlreadyExistsException.class);
    assertThatThrownBy(() -> iam.createLoginProfile(r -> r.userName("bob").password("x")))
        .isInstanceOfSatisfying(IamException.class, e -> assertThat(e.statusCode()).isEqualTo(501));
  }

  @Test
  void anAssumedRoleLimitsTheUserUntilItIsDeleted() {
    String bob = iam.createUser(r -> r.userName("bob")).user().arn();
    AccessKey key = iam.createAccessKey(r -> r.userName("bob")).accessKey();
    AwsCredentials bobs = AwsBasicCredentials.create(key.accessKeyId(), key.secretAccessKey());
    Role role =
        iam.createRole(
                r ->
                    r.roleName("reader")
                        .assumeRolePolicyDocument(
                            IamFixture.LAMBDA_TRUST.replaceAll(
                                "\\{\"Service\":.*?]}", "{\"AWS\":\"" + bob + "\"}")))
            .role();
    iam.attachRolePolicy(r -> r.roleName("reader").policyArn(POLICIES + "IAMReadOnlyAccess"));

    assertDenied(() -> client(IamClient.builder(), bobs).listUsers(), "iam:ListUsers");
    AssumeRoleResponse assumed =
        client(StsClient.builder(), bobs)
            .assumeRole(r -> r.roleArn(role.arn()).roleSessionName("s1"));
    IamClient reader = client(IamClient.builder(), session(assumed.credentials()));
    assertThat(reader.listUsers().users()).hasSize(1);
    assertDenied(() -> reader.createUser(r -> r.userName("eve")), "iam:CreateUser");

    iam.detachRolePolicy(r -> r.roleName("reader").policyArn(POLICIES + "IAMReadOnlyAccess"));
    assertDenied(reader::listUsers, "iam:ListUsers");
    iam.deleteRole(r -> r.roleName("reader"));
    assertThatThrownBy(reader::listUsers)
        .isInstanceOfSatisfying(
            IamException.class,
            e -> assertThat(e.awsErrorDetails().errorCode()).isEqualTo("InvalidClientTokenId"));
  }

  @Test
  void aChangedTokenIsInvalid() {
    Credentials issued = client(StsClient.builder(), ROOT).getSessionToken().credentials();
    AwsCredentials forged =
        AwsSessionCredentials.create(
            issued.accessKeyId(), issued.secretAccessKey(), issued.sessionToken() + "AAAA");
    assertThatThrownBy(() -> client(StsClient.builder(), forged).getCallerIdentity())
        .isInstanceOfSatisfying(
            StsException.class,
            e -> assertThat(e.awsErrorDetails().errorCode()).isEqualTo("InvalidClientTokenId"));
  }

  @Test
  void listingsArePaginated() {
    for (int i = 0; i < 7; i++) {
      String name = "user" + i;
      iam.createUser(r -> r.userName(name));
    }
    assertThat(iam.listUsersPaginator(r -> r.maxItems(3)).users().stream()).hasSize(7);
  }

  private static void assertDenied(
      org.assertj.core.api.ThrowableAssert.ThrowingCallable call, String action) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            IamException.class,
            e -> {
              assertThat(e.statusCode()).isEqualTo(403);
              assertThat(e.awsErrorDetails().errorCode()).isEqualTo("AccessDenied");
              assertThat(e.awsErrorDetails().errorMessage())
                  .contains(action, "because no identity-based policy allows");
            });
  }
}
