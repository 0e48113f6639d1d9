package io.carillon.iam;

import static io.carillon.iam.RolesTest.refused;
import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.aws.Caller;
import io.carillon.aws.CommonError;
import io.carillon.iam.Accounts.Account;
import io.carillon.iam.Accounts.NewAccount;
import java.util.List;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.iam.model.AccessKey;
import software.amazon.awssdk.services.iam.model.AccessKeyMetadata;
import software.amazon.awssdk.services.iam.model.CreateAccessKeyRequest;
import software.amazon.awssdk.services.iam.model.CreateAccessKeyResponse;
import software.amazon.awssdk.services.iam.model.CreateUserRequest;
import software.amazon.awssdk.services.iam.model.DeleteAccessKeyRequest;
import software.amazon.awssdk.services.iam.model.ListAccessKeysRequest;
import software.amazon.awssdk.services.iam.model.ListAccessKeysResponse;
import software.amazon.awssdk.services.iam.model.ListUsersRequest;
import software.amazon.awssdk.services.iam.model.ListUsersResponse;
import software.amazon.awssdk.services.iam.model.StatusType;
import software.amazon.awssdk.services.iam.model.UpdateAccessKeyRequest;

class AccountsTest {
  private final IamFixture fixture = new IamFixture();
  private final Accounts accounts = fixture.iam.accounts();

  @Test
  void theFirstAccountAndItsRootKeyComeFromTheConfiguration() {
    assertThat(accounts.list())
        .extracting(Account::id, Account::rootKeyId)
        .containsExactly(org.assertj.core.groups.Tuple.tuple(IamFixture.ACCOUNT, "test"));
    assertThat(fixture.root().principal().arn()).isEqualTo("arn:aws:iam::000000000000:root");
    assertThat(fixture.find("test", "").orElseThrow().secret()).isEqualTo(IamFixture.ROOT_SECRET);
  }

  @Test
  void otherAccountsHaveTheirOwnRootKey() {
    NewAccount made = accounts.create("Second");
    assertThat(made.rootKeyId()).startsWith("AKIA");
    var found = fixture.find(made.rootKeyId(), "").orElseThrow();
    assertThat(found.secret()).isEqualTo(made.rootSecret());
    assertThat(found.principal().arn()).isEqualTo("arn:aws:iam::" + made.id() + ":root");
    assertThat(accounts.list()).extracting(Account::name).containsExactly("default", "Second");
    refused(
        () -> accounts.create("Second"),
        IamError.ENTITY_ALREADY_EXISTS,
        "An account called Second already exists");
    refused(() -> accounts.create(""), IamError.VALIDATION, "'name'");
  }

  @Test
  void accountsAreIsolated() {
    NewAccount other = accounts.create("Second");
    fixture.call(fixture.root(), CreateUserRequest.builder().userName("bob").build());
    Caller root = fixture.caller(fixture.find(other.rootKeyId(), "").orElseThrow());
    ListUsersRequest list = ListUsersRequest.builder().build();
    assertThat(fixture.call(root, list, ListUsersResponse.class).users()).isEmpty();
    fixture.call(root, CreateUserRequest.builder().userName("bob").build());
    assertThat(fixture.call(root, list, ListUsersResponse.class).users().getFirst().arn())
        .isEqualTo("arn:aws:iam::" + other.id() + ":user/bob");
  }

  @Test
  void suspendingAndResumingAnAccountTakesEffectAtOnce() {
    NewAccount other = accounts.create("Second");
    Caller root = fixture.caller(fixture.find(other.rootKeyId(), "").orElseThrow());
    ListUsersRequest list = ListUsersRequest.builder().build();
    fixture.call(root, list);

    AccountRows.setSuspended(fixture.database, other.id(), true);
    assertThat(fixture.find(other.rootKeyId(), "")).isEmpty();
    refused(() -> fixture.call(root, list), CommonError.INVALID_CLIENT_TOKEN_ID);

    AccountRows.setSuspended(fixture.database, other.id(), false);
    assertThat(fixture.find(other.rootKeyId(), "")).isPresent();
    fixture.call(root, list);
  }

  @Test
  void theRootUserManagesItsOwnKeys() {
    AccessKey made = rootKey(fixture.root());
    assertThat(made.accessKeyId()).startsWith("AKIA");
    assertThat(rootKeys(fixture.root()))
        .extracting(AccessKeyMetadata::accessKeyId)
        .containsExactlyInAnyOrder("test", made.accessKeyId());
    var found = fixture.find(made.accessKeyId(), "").orElseThrow();
    assertThat(found.secret().reveal()).isEqualTo(made.secretAccessKey());
    assertThat(found.principal()).isEqualTo(fixture.root().principal());
    refused(() -> rootKey(fixture.root()), IamError.LIMIT_EXCEEDED, "AccessKeysPerUser: 2");

    fixture.call(fixture.root(), update(made.accessKeyId(), StatusType.INACTIVE));
    assertThat(fixture.find(made.accessKeyId(), "")).isEmpty();
    assertThat(rootKeys(fixture.root()))
        .extracting(AccessKeyMetadata::status)
        .containsExactlyInAnyOrder(StatusType.ACTIVE, StatusType.INACTIVE);

    fixture.call(fixture.root(), delete(made.accessKeyId()));
    assertThat(rootKeys(fixture.root()))
        .extracting(AccessKeyMetadata::accessKeyId)
        .containsExactly("test");
    refused(
        () -> fixture.call(fixture.root(), delete(made.accessKeyId())),
        IamError.NO_SUCH_ENTITY,
        "cannot be found");
  }

  @Test
  void theConfiguredRootKeyCannotBeChanged() {
    rootKey(fixture.root());
    refused(
        () -> fixture.call(fixture.root(), delete("test")),
        IamError.UNMODIFIABLE_ENTITY,
        "change the settings access-key-id and secret-access-key");
    refused(
        () -> fixture.call(fixture.root(), update("test", StatusType.INACTIVE)),
        IamError.UNMODIFIABLE_ENTITY,
        "comes from the configuration");
    fixture.call(fixture.root(), update("test", StatusType.ACTIVE));
    assertThat(fixture.find("test", "")).isPresent();
  }

  @Test
  void theLastActiveRootKeyCannotBeDeleted() {
    NewAccount other = accounts.create("Second");
    Caller root = fixture.caller(fixture.find(other.rootKeyId(), "").orElseThrow());
    refused(
        () -> fixture.call(root, delete(other.rootKeyId())),
        IamError.UNMODIFIABLE_ENTITY,
        "the last active key of the root user of account " + other.id());
    refused(() -> fixture.call(root, delete("test")), IamError.NO_SUCH_ENTITY);

    AccessKey next = rootKey(root);
    Caller again = fixture.caller(fixture.find(next.accessKeyId(), "").orElseThrow());
    fixture.call(again, delete(other.rootKeyId()));
    assertThat(fixture.find(other.rootKeyId(), "")).isEmpty();
    assertThat(rootKeys(again))
        .extracting(AccessKeyMetadata::accessKeyId)
        .containsExactly(next.accessKeyId());
    assertThat(accounts.list()).extracting(Account::rootKeyId).contains(next.accessKeyId());
    refused(
        () -> fixture.call(again, update(next.accessKeyId(), StatusType.INACTIVE)),
        IamError.UNMODIFIABLE_ENTITY,
        "create another key first");
    assertThat(rootKeys(fixture.root())).hasSize(1);
  }

  private AccessKey rootKey(Caller root) {
    return fixture
        .call(root, CreateAccessKeyRequest.builder().build(), CreateAccessKeyResponse.class)
        .accessKey();
  }

  private List<AccessKeyMetadata> rootKeys(Caller root) {
    return fixture
        .call(root, ListAccessKeysRequest.builder().build(), ListAccessKeysResponse.class)
        .accessKeyMetadata();
  }

  private static UpdateAccessKeyRequest update(String id, StatusType status) {
    return UpdateAccessKeyRequest.builder().accessKeyId(id).status(status).build();
  }

  private static DeleteAccessKeyRequest delete(String id) {
    return DeleteAccessKeyRequest.builder().accessKeyId(id).build();
  }
}
