package io.carillon.iam;

import static io.carillon.iam.IamFixture.ACCOUNT;
import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.aws.Caller;
import io.carillon.aws.Need;
import io.carillon.aws.Principal;
import io.carillon.aws.ResourcePolicies.Owned;
import io.carillon.aws.SessionTerms;
import io.carillon.base.AccountId;
import io.carillon.base.Arn;
import io.carillon.policy.KnownPrincipals;
import io.carillon.policy.PolicyDocument;
import io.carillon.policy.PolicyDocument.Flavour;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.iam.model.CreateUserRequest;
import software.amazon.awssdk.services.iam.model.CreateUserResponse;
import software.amazon.awssdk.services.iam.model.DeleteUserRequest;
import software.amazon.awssdk.services.iam.model.UpdateUserRequest;
import software.amazon.awssdk.services.iam.model.User;

/// Whom IAM knows when a resource's policy names them, and whom such a policy goes on to mean.
class IamPrincipalsTest {
  private static final Arn OBJECT = Arn.object("b", "k");
  private static final String BOB = "arn:aws:iam::000000000000:user/staff/bob";
  private static final String POLICY =
      "{\"Statement\": [{\"Effect\":\"Allow\", \"Principal\":{\"AWS\":\""
          + BOB
          + "\"},\"Action\":\"s3:GetObject\",\"Resource\":\"arn:aws:s3:::b/*\"}]}";

  private final IamFixture world = new IamFixture();
  private final KnownPrincipals named = world.iam.principals();

  private User create() {
    return world
        .call(
            world.root(),
            CreateUserRequest.builder().userName("bob").path("/staff/").build(),
            CreateUserResponse.class)
        .user();
  }

  private boolean mayRead(User user) {
    String path = user.path();
    Caller caller =
        world.caller(
            new Principal.User(ACCOUNT, path, user.userName(), user.userId()),
            ACCOUNT,
            SessionTerms.NONE,
            "AKIA");
    return world.authorizer.decide(caller, Need.of("s3:GetObject", OBJECT)).isAllowed();
  }

  private void store(Map<String, String> pinned) {
    world.resources.put(
        OBJECT.toString(), new Owned(ACCOUNT, Optional.of(POLICY), Map.of(), pinned));
  }

  @Test
  void usersAreFoundByTheirWholeArnAndById() {
    User bob = create();

    assertThat(named.idOf(BOB)).contains(bob.userId());
    assertThat(named.idOf(BOB.replace("user", "role"))).isEmpty();
    assertThat(named.idOf(BOB.replace("staff/", ""))).isEmpty();
    assertThat(named.idOf(BOB.replace("000000000000", "222222222222"))).isEmpty();
    assertThat(named.arnOf(bob.userId())).contains(BOB);
    assertThat(named.arnOf("AIDANOBODYNOBODYNOBOD")).isEmpty();
  }

  @Test
  void accountsAreThoseOfThisServerSuspendedOnesToo() {
    AccountId other = world.iam.accounts().create("other").id();
    world.iam.accounts().setSuspended(other, true);

    assertThat(named.hasAccount(ACCOUNT.value())).isTrue();
    assertThat(named.hasAccount(other.value())).isTrue();
    assertThat(named.hasAccount("999999999999")).isFalse();
  }

  @Test
  void aUserMadeAnewGetsNoAccess() {
    User first = create();
    Map<String, String> pinned = named.pin(PolicyDocument.parse(POLICY, Flavour.RESOURCE));
    store(pinned);
    assertThat(mayRead(first)).isTrue();
    assertThat(named.shown(POLICY, pinned)).isEqualTo(POLICY);

    world.call(world.root(), DeleteUserRequest.builder().userName("bob").build());
    User second = create();

    assertThat(mayRead(second)).isFalse();
    assertThat(named.shown(POLICY, pinned)).contains(first.userId()).doesNotContain(BOB);
    store(Map.of());
    assertThat(mayRead(second)).as("a row from before there were pins").isTrue();
  }

  @Test
  void aRenamedUserKeepsItsAccess() {
    User bob = create();
    Map<String, String> pinned = named.pin(PolicyDocument.parse(POLICY, Flavour.RESOURCE));
    store(pinned);

    world.call(
        world.root(), UpdateUserRequest.builder().userName("bob").newUserName("rob").build());

    assertThat(mayRead(bob.toBuilder().userName("rob").build())).isTrue();
    assertThat(named.shown(POLICY, pinned)).contains("user/staff/rob").doesNotContain(BOB);
  }
}
