package io.carillon.iam;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.aws.Caller;
import io.carillon.aws.Credentials;
import io.carillon.aws.Need;
import io.carillon.base.Arn;
import io.carillon.store.Database;
import io.carillon.store.SharedMemory;
import java.time.InstantSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.iam.model.AttachUserPolicyRequest;
import software.amazon.awssdk.services.iam.model.CreateAccessKeyRequest;
import software.amazon.awssdk.services.iam.model.CreateAccessKeyResponse;
import software.amazon.awssdk.services.iam.model.CreateUserRequest;
import software.amazon.awssdk.services.iam.model.DeleteAccessKeyRequest;
import software.amazon.awssdk.services.iam.model.DetachUserPolicyRequest;
import software.amazon.awssdk.services.iam.model.PutUserPolicyRequest;

/// Two nodes over one database: what one of them revokes, the other refuses at once, whatever it
/// has cached.
class SharedIamTest {
  private static final String READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess";
  private static final String DENY =
      """
      {"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"s3:*","Resource":"*"}]}
      """;

  private final Database database = new SharedMemory(InstantSource.system());
  private final IamFixture one = node();
  private final IamFixture other = node();
  private String key = "";

  private IamFixture node() {
    return new IamFixture(new IamFixture.ReversingSealer(), database, ManagedPolicyFiles.NONE);
  }

  /// The other node has decided for the user, so its caches know it.
  @BeforeEach
  void createUser() {
    one.call(one.root(), CreateUserRequest.builder().userName("alice").build());
    one.call(
        one.root(),
        AttachUserPolicyRequest.builder().userName("alice").policyArn(READ_ONLY).build());
    key =
        one.call(
                one.root(),
                CreateAccessKeyRequest.builder().userName("alice").build(),
                CreateAccessKeyResponse.class)
            .accessKey()
            .accessKeyId();
    assertThat(reads()).isTrue();
    assertThat(reads()).isTrue();
  }

  private boolean reads() {
    Credentials credentials = other.find(key, "").orElseThrow();
    Caller caller = other.caller(credentials);
    return other
        .decide(caller, Need.of("s3:GetObject", Arn.parse("arn:aws:s3:::bucket/key")))
        .isAllowed();
  }

  @Test
  void aPolicyThatOneNodeDetachesIsNoneOnTheOther() {
    one.call(
        one.root(),
        DetachUserPolicyRequest.builder().userName("alice").policyArn(READ_ONLY).build());
    assertThat(reads()).isFalse();
  }

  @Test
  void aDenialThatOneNodeAddsTakesEffectOnTheOther() {
    one.call(
        one.root(),
        PutUserPolicyRequest.builder()
            .userName("alice")
            .policyName("none")
            .policyDocument(DENY)
            .build());
    assertThat(reads()).isFalse();
  }

  @Test
  void aKeyThatOneNodeDeletesIsUnknownToTheOther() {
    one.call(
        one.root(), DeleteAccessKeyRequest.builder().userName("alice").accessKeyId(key).build());
    assertThat(other.find(key, "").isPresent()).isFalse();
  }
}
