package io.carillon.iam;

import static io.carillon.iam.RolesTest.refused;
import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.aws.Caller;
import io.carillon.aws.CommonError;
import io.carillon.base.AccountId;
import io.carillon.iam.Accounts.Account;
import io.carillon.iam.Accounts.NewAccount;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.iam.model.CreateUserRequest;
import software.amazon.awssdk.services.iam.model.ListUsersRequest;
import software.amazon.awssdk.services.iam.model.ListUsersResponse;

class AccountsTest {
  private final World world = new World();
  private final Accounts accounts = world.iam.accounts();

  @Test
  void theFirstAccountAndItsRootComeFromTheConfiguration() {
    assertThat(accounts.list())
        .extracting(Account::id, Account::rootKeyId)
        .containsExactly(org.assertj.core.groups.Tuple.tuple(World.ACCOUNT, "test"));
    assertThat(world.root().principal().arn()).isEqualTo("arn:aws:iam::000000000000:root");
    assertThat(world.find("test", "").orElseThrow().secret()).isEqualTo(World.ROOT_SECRET);
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
    refused(() -> accounts.setSuspended(World.ACCOUNT, true), IamError.NO_SUCH_ENTITY);
  }
}
