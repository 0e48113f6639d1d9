package io.carillon.iam;

import static io.carillon.iam.RolesTest.refused;
import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.aws.Caller;
import io.carillon.aws.CommonError;
import io.carillon.base.AccountId;
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
  private final IamFixture world = new IamFixture();
  private final Accounts accounts = world.iam.accounts();

  @Test
  void theFirstAccountAndItsRootComeFromTheConfiguration() {
    assertThat(accounts.list())
        .extracting(Account::id, Account::rootKeyId)
        .containsExactly(org.assertj.core.groups.Tuple.tuple(IamFixture.ACCOUNT, "test"));
    assertThat(world.root().principal().arn()).isEqualTo("arn:aws:iam::000000000000:root");
    assertThat(world.find("test", "").orElseThrow().secret()).isEqualTo(IamFixture.ROOT_SECRET);
  }

  @Test
  void anotherAccountHasARootKeyOfItsOwn() {
    NewAccount made = accounts.create("Second");
    assertThat(made.rootKeyId()).startsWith("AKIA");
    var found = world.find(made.rootKeyId(), "").orElseThrow();
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
  void accountsDoNotSeeOneAnother() {
    NewAccount other = accounts.create("Second");
    world.call(world.root(), CreateUserRequest.builder().userName("bob").build());
    Caller root = world.caller(world.find(other.rootKeyId(), "").orElseThrow());
    ListUsersRequest list = ListUsersRequest.builder().build();
    assertThat(world.call(root, list, ListUsersResponse.class).users()).isEmpty();
    world.call(root, CreateUserRequest.builder().userName("bob").build());
    assertThat(world.call(root, list, ListUsersResponse.class).users().getFirst().arn())
        .isEqualTo("arn:aws:iam::" + other.id() + ":user/bob");
  }

  @Test
  void aSuspendedAccountStopsAtOnceAndGoesOnLater() {
    NewAccount other = accounts.create("Second");
    Caller root = world.caller(world.find(other.rootKeyId(), "").orElseThrow());
    ListUsersRequest list = ListUsersRequest.builder().build();
    world.call(root, list);

    accounts.setSuspended(other.id(), true);
    assertThat(world.find(other.rootKeyId(), "")).isEmpty();
    refused(() -> world.call(root, list), CommonError.INVALID_CLIENT_TOKEN_ID);

    accounts.setSuspended(other.id(), false);
    assertThat(world.find(other.rootKeyId(), "")).isPresent();
    world.call(root, list);
    refused(
        () -> accounts.setSuspended(new AccountId("999999999999"), true),
        IamError.NO_SUCH_ENTITY,
        "999999999999");
    refused(() -> accounts.setSuspended(IamFixture.ACCOUNT, true), IamError.NO_SUCH_ENTITY);
  }

  @Test
  void theRootMakesUsesStopsAndDeletesKeysOfItsOwn() {
    AccessKey made = rootKey(world.root());
    assertThat(made.accessKeyId()).startsWith("AKIA");
    assertThat(rootKeys(world.root()))
        .extracting(AccessKeyMetadata::accessKeyId)
        .containsExactlyInAnyOrder("test", made.accessKeyId());
    var found = world.find(made.accessKeyId(), "").orElseThrow();
    assertThat(found.secret().reveal()).isEqualTo(made.secretAccessKey());
    assertThat(found.principal()).isEqualTo(world.root().principal());
    refused(() -> rootKey(world.root()), IamError.LIMIT_EXCEEDED, "AccessKeysPerUser: 2");

    world.call(world.root(), update(made.accessKeyId(), StatusType.INACTIVE));
    assertThat(world.find(made.accessKeyId(), "")).isEmpty();
    assertThat(rootKeys(world.root()))
        .extracting(AccessKeyMetadata::status)
        .containsExactlyInAnyOrder(StatusType.ACTIVE, StatusType.INACTIVE);

    world.call(world.root(), delete(made.accessKeyId()));
    assertThat(rootKeys(world.root()))
        .extracting(AccessKeyMetadata::accessKeyId)
        .containsExactly("test");
    refused(
        () -> world.call(world.root(), delete(made.accessKeyId())),
        IamError.NO_SUCH_ENTITY,
        "cannot be found");
  }

  @Test
  void theRootKeyOfTheConfigurationStays() {
    rootKey(world.root());
    refused(
        () -> world.call(world.root(), delete("test")),
        IamError.UNMODIFIABLE_ENTITY,
        "change the settings access-key-id and secret-access-key");
    refused(
        () -> world.call(world.root(), update("test", StatusType.INACTIVE)),
        IamError.UNMODIFIABLE_ENTITY,
        "comes from the configuration");
    world.call(world.root(), update("test", StatusType.ACTIVE));
    assertThat(world.find("test", "")).isPresent();
  }

  @Test
  void anotherAccountsRootReplacesItsKeyButKeepsOne() {
    NewAccount other = accounts.create("Second");
    Caller root = world.caller(world.find(other.rootKeyId(), "").orElseThrow());
    refused(
        () -> world.call(root, delete(other.rootKeyId())),
        IamError.UNMODIFIABLE_ENTITY,
        "the last active key of the root user of account " + other.id());
    refused(() -> world.call(root, delete("test")), IamError.NO_SUCH_ENTITY);

    AccessKey next = rootKey(root);
    Caller again = world.caller(world.find(next.accessKeyId(), "").orElseThrow());
    world.call(again, delete(other.rootKeyId()));
    assertThat(world.find(other.rootKeyId(), "")).isEmpty();
    assertThat(rootKeys(again))
        .extracting(AccessKeyMetadata::accessKeyId)
        .containsExactly(next.accessKeyId());
    assertThat(accounts.list()).extracting(Account::rootKeyId).contains(next.accessKeyId());
    refused(
        () -> world.call(again, update(next.accessKeyId(), StatusType.INACTIVE)),
        IamError.UNMODIFIABLE_ENTITY,
        "create another key first");
    assertThat(rootKeys(world.root())).hasSize(1);
  }

  private AccessKey rootKey(Caller root) {
    return world
        .call(root, CreateAccessKeyRequest.builder().build(), CreateAccessKeyResponse.class)
        .accessKey();
  }

  private List<AccessKeyMetadata> rootKeys(Caller root) {
    return world
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
