package io.carillon.iam;

import io.carillon.aws.Authorization;
import io.carillon.aws.Authorizer;
import io.carillon.aws.AwsException;
import io.carillon.aws.Caller;
import io.carillon.aws.CommonError;
import io.carillon.aws.DenialWording;
import io.carillon.aws.Need;
import io.carillon.aws.Principal;
import io.carillon.aws.ResourcePolicies;
import io.carillon.base.Arn;
import io.carillon.policy.AuthorizationRequest;
import io.carillon.policy.Context;
import io.carillon.policy.Decision;
import io.carillon.policy.Policies;
import io.carillon.policy.Policies.ResourceSide;
import io.carillon.policy.PolicyEngine;
import io.carillon.policy.Requester;
import io.carillon.store.Database;
import io.carillon.store.Planned;
import io.carillon.store.Snapshot;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Lets the policy engine decide on a request, from the policies of its principal and of its
/// resource.
///
/// Principals are looked up for every request (from a cache, until IAM's rows of the account
/// change), so deleting or replacing a user or role takes effect at once, whatever credentials
/// exist.
public final class IamAuthorizer implements Authorizer {
  /// When the credentials of a session were issued, by its access key id; empty for long-term keys.
  @FunctionalInterface
  public interface IssueTimes {
    Optional<Instant> issued(String accessKeyId);
  }

  private final Database database;
  private final LongTermKeys longTermKeys;
  private final PrincipalPolicies principalPolicies;
  private final ResourceSides resources;
  private final Accounts accounts;
  private final IssueTimes issueTimes;
  private final InstantSource clock;

  IamAuthorizer(
      Database database,
      LongTermKeys longTermKeys,
      PrincipalPolicies principalPolicies,
      ResourceSides resources,
      Accounts accounts,
      IssueTimes issueTimes,
      InstantSource clock) {
    this.database = database;
    this.longTermKeys = longTermKeys;
    this.principalPolicies = principalPolicies;
    this.resources = resources;
    this.accounts = accounts;
    this.issueTimes = issueTimes;
    this.clock = clock;
  }

  @Override
  public Authorization authorize(Authorization decision) {
    Planned<Boolean> allowed =
        database.plan(
            snapshot -> {
              decision.requireStill(snapshot);
              return true;
            });
    return snapshot -> {
      if (!allowed.holds(snapshot)) {
        decision.requireStill(snapshot);
      }
    };
  }

  @Override
  public Authorization authorizeOnce(Authorization decision) {
    database.read(
        snapshot -> {
          decision.requireStill(snapshot);
          return true;
        });
    return decision;
  }

  @Override
  public void require(Snapshot snapshot, Caller caller, List<Need> needs) {
    requireKey(snapshot, caller);
    for (Need need : needs) {
      if (need.action().startsWith("iam:") && isSessionTokenForIam(caller, need)) {
        throw CommonError.INVALID_CLIENT_TOKEN_ID.exception();
      }
      Decision decision = decide(snapshot, caller, need);
      if (!decision.isAllowed()) {
        throw denial(snapshot, caller, need, decision);
      }
    }
  }

  /// The request pipeline has found the caller's key, but it may have been deleted since. Session
  /// tokens outlive the key that they were issued for.
  private void requireKey(Snapshot snapshot, Caller caller) {
    String id = caller.accessKeyId();
    if (!id.isEmpty()
        && issueTimes.issued(id).isEmpty()
        && !longTermKeys.isActive(snapshot, caller.account(), id)) {
      throw CommonError.INVALID_CLIENT_TOKEN_ID.exception();
    }
  }

  @Override
  public boolean denies(Snapshot snapshot, Caller caller, Need need) {
    return decide(snapshot, caller, need) instanceof Decision.ExplicitlyDenied;
  }

  /// IAM refuses session tokens of users and roots unless the session began with MFA, which is not
  /// supported here. PassRole is checked for other services' operations, so it is exempt.
  ///
  /// Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html
  private boolean isSessionTokenForIam(Caller caller, Need need) {
    return !need.action().equals("iam:PassRole")
        && (caller.principal() instanceof Principal.User
            || caller.principal() instanceof Principal.Root)
        && issueTimes.issued(caller.accessKeyId()).isPresent();
  }

  /// The decision on one need, for the request pipeline and for diagnosis.
  public Decision decide(Snapshot snapshot, Caller caller, Need need) {
    Requester requester = requester(caller.principal());
    ResourceSide side = resources.of(snapshot, requester, need.action(), need.resource());
    Policies policies = Policies.NONE;
    Map<String, String> tags = Map.of();
    if (!(requester instanceof Requester.Service) && !(requester instanceof Requester.Anonymous)) {
      Optional<PrincipalPolicies.PolicySet> set =
          principalPolicies.require(snapshot, caller.principal());
      if (set.isPresent()) {
        tags = caller.session().over(set.get().row().tags());
        policies =
            new Policies(
                set.get().identity(),
                set.get().boundary(),
                principalPolicies.ofSession(caller.session().policies()),
                null);
      }
    }
    Context context =
        new RequestContext(
            caller,
            need,
            tags,
            () -> resources.tags(snapshot, need),
            side == null ? "" : side.account(),
            issueTimes.issued(caller.accessKeyId()),
            resources::conditionKeys);
    return PolicyEngine.evaluate(
        new AuthorizationRequest(need.action(), need.resource(), requester, context),
        policies.withResource(side));
  }

  @Override
  public boolean allowsService(
      Snapshot snapshot,
      String service,
      String action,
      Arn resource,
      Arn source,
      String sourceAccount) {
    Requester requester = new Requester.Service(service);
    ResourceSide side = resources.of(snapshot, requester, action, resource.toString());
    if (side == null) {
      return false;
    }
    Instant now = clock.instant().truncatedTo(ChronoUnit.SECONDS);
    Context context =
        key ->
            switch (key) {
              case "aws:sourcearn" -> List.of(source.toString());
              case "aws:sourceaccount" -> List.of(sourceAccount);
              case "aws:resourceaccount" -> List.of(side.account());
              case "aws:principalservicename" -> List.of(service);
              case "aws:principalisawsservice", "aws:securetransport" -> List.of("true");
              case "aws:currenttime" -> List.of(now.toString());
              case "aws:epochtime" -> List.of(Long.toString(now.getEpochSecond()));
              default -> List.of();
            };
    return PolicyEngine.evaluate(
            new AuthorizationRequest(action, resource.toString(), requester, context),
            Policies.ofResource(side))
        .isAllowed();
  }

  private static Requester requester(Principal principal) {
    return switch (principal) {
      case Principal.Root root -> new Requester.Root(root.account().value());
      case Principal.User user -> new Requester.User(user.account().value(), user.arn(), user.id());
      case Principal.AssumedRole session ->
          new Requester.RoleSession(
              session.account().value(), session.roleArn(), session.arn(), session.roleId());
      case Principal.Service service -> new Requester.Service(service.name());
      case Principal.Anonymous _ -> new Requester.Anonymous();
    };
  }

  private AwsException denial(Snapshot snapshot, Caller caller, Need need, Decision decision) {
    String owner = Arn.tryParse(need.resource()).map(Arn::account).orElse("");
    if (isCrossAccountPassRole(snapshot, caller, need, owner)) {
      return CommonError.ACCESS_DENIED.because("Cross-account pass role is not allowed.");
    }
    String user =
        caller.principal() instanceof Principal.Anonymous ? "anonymous" : caller.principal().arn();
    DenialWording wording = resources.denials(need.action());
    String resource = wording.resource().apply(need.resource());
    String action = wording.action().apply(need.action());
    String reason =
        switch (decision) {
          case Decision.ExplicitlyDenied denied ->
              " with an explicit deny in " + denied.kind().textWithArticle() + ": " + denied.by();
          case Decision.ImplicitlyDenied denied ->
              " because no " + denied.missing().text() + " allows the " + action + " action";
          case Decision.Allowed _ -> "";
        };
    return CommonError.ACCESS_DENIED.because(
        "User: "
            + user
            + " is not authorized to perform: "
            + action
            + " on resource: "
            + resource
            + reason
            + resources
                .restriction(snapshot, requester(caller.principal()), need)
                .map(ResourcePolicies.Restriction::advice)
                .orElse("")
            + accountAdvice(snapshot, caller, owner));
  }

  /// A role of an account that does not exist is reported like any other foreign resource.
  private boolean isCrossAccountPassRole(
      Snapshot snapshot, Caller caller, Need need, String owner) {
    return need.action().equals("iam:PassRole")
        && accounts.exists(snapshot, owner)
        && !owner.equals(caller.account().value());
  }

  /// Advice for scripts that were written for another account id.
  private String accountAdvice(Snapshot snapshot, Caller caller, String account) {
    if (!account.matches("[0-9]{12}") || accounts.exists(snapshot, account)) {
      return "";
    }
    return ". This server has no account %s; yours is %s. Start the server with --account-id %s to use the one in the ARN"
        .formatted(account, caller.account(), account);
  }
}
