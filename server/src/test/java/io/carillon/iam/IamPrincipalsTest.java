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

/// The principals that resource policies can name, also after they are renamed or recreated.
class IamPrincipalsTest {
  private static final Arn OBJECT = Arn.object("b", "k");
  private static final String BOB = "arn:aws:iam::000000000000:user/staff/bob";
  private static final String POLICY =
      "{\"Statement\": [{\"Effect\":\"Allow\", \"Principal\":{\"AWS\":\""
          + BOB
          + "\"},\"Action\":\"s3:GetObject\",\"Resource\":\"arn:aws:s3:::b/*\"}]}";

  private final IamFixture fixture = new IamFixture();
  private final KnownPrincipals principals = fixture.iam.principals();

  private User create() {
    return fixture
        .call(
            fixture.root(),
            CreateUserRequest.builder().userName("bob").path("/staff/").build(),
            CreateUserResponse.class)
        .user();
  }

  private boolean mayRead(User user) {
    String path = user.path();
    Caller caller =
        fixture.caller(
            new Principal.User(ACCOUNT, path, user.userName(), user.userId()),
            ACCOUNT,
            SessionTerms.NONE,
            "AKIA");
    return fixture.decide(caller, Need.of("s3:GetObject", OBJECT)).isAllowed();
  }

  private void store(Map<String, String> pinned) {
    fixture.resources.put(
        OBJECT.toString(), new Owned(ACCOUNT, Optional.of(POLICY), Map.of(), pinned));
  }

  @Test
  void usersAreFoundByTheirFullArnAndById() {
    User bob = create();

    assertThat(principals.idOf(BOB)).contains(bob.userId());
    assertThat(principals.idOf(BOB.replace("user", "role"))).isEmpty();
    assertThat(principals.idOf(BOB.replace("staff/", ""))).isEmpty();
    assertThat(principals.idOf(BOB.replace("000000000000", "222222222222"))).isEmpty();
    assertThat(principals.arnOf(bob.userId())).contains(BOB);
    assertThat(principals.arnOf("AIDANOBODYNOBODYNOBOD")).isEmpty();
  }

  @Test
  void allAccountsAreKnownEvenSuspendedOnes() {
    AccountId other = fixture.iam.accounts().create("other").id();
    AccountRows.setSuspended(fixture.database, other, true);

    assertThat(principals.hasAccount(ACCOUNT.value())).isTrue();
    assertThat(principals.hasAccount(other.value())).isTrue();
    assertThat(principals.hasAccount("999999999999")).isFalse();
  }

  @Test
  void aRecreatedUserHasNoAccess() {
    User first = create();
    Map<String, String> pinned = principals.pin(PolicyDocument.parse(POLICY, Flavour.RESOURCE));
    store(pinned);
    assertThat(mayRead(first)).isTrue();
    assertThat(principals.shown(POLICY, pinned)).isEqualTo(POLICY);

    fixture.call(fixture.root(), DeleteUserRequest.builder().userName("bob").build());
    User second = create();

    assertThat(mayRead(second)).isFalse();
    assertThat(principals.shown(POLICY, pinned)).contains(first.userId()).doesNotContain(BOB);
    store(Map.of());
    assertThat(mayRead(second)).as("a row without pinned ids, of an earlier version").isTrue();
  }

  @Test
  void aRenamedUserKeepsItsAccess() {
    User bob = create();
    Map<String, String> pinned = principals.pin(PolicyDocument.parse(POLICY, Flavour.RESOURCE));
    store(pinned);

    fixture.call(
        fixture.root(), UpdateUserRequest.builder().userName("bob").newUserName("rob").build());

    assertThat(mayRead(bob.toBuilder().userName("rob").build())).isTrue();
    assertThat(principals.shown(POLICY, pinned)).contains("user/staff/rob").doesNotContain(BOB);
  }
}
