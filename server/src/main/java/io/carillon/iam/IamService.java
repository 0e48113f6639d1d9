package io.carillon.iam;

import io.carillon.admin.AdminRouter.Call;
import io.carillon.admin.AdminViews;
import io.carillon.aws.ConditionKeys;
import io.carillon.aws.Credentials;
import io.carillon.aws.ErrorDialect;
import io.carillon.aws.Operations;
import io.carillon.aws.Principal;
import io.carillon.aws.ServiceDirectory;
import io.carillon.aws.ServiceSpec;
import io.carillon.base.AccountId;
import io.carillon.base.Arn;
import io.carillon.base.Ids;
import io.carillon.base.Sealer;
import io.carillon.kernel.Chore;
import io.carillon.kernel.Service;
import io.carillon.policy.KnownPrincipals;
import io.carillon.store.Database;
import io.carillon.store.Snapshot;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;

/// IAM: users, groups, roles, their policies and access keys. IAM has no regions; its tables are
/// keyed by account.
public final class IamService implements Service {
  public static final ServiceSpec SPEC =
      ServiceSpec.of(
              "iam",
              1 << 20,
              IamService.class,
              new ServiceSpec.Wire.Query(
                  "2010-05-08", "https://iam.amazonaws.com/doc/2010-05-08/", ErrorDialect.plain()))
          .with(ConditionKeys.NONE.withResourceTags("iam:ResourceTag/"));

  private final Database database;
  private final Identities identities;
  private final ManagedPolicies managedPolicies;
  private final Attachments attachments;
  private final PolicyDocuments documents = new PolicyDocuments();
  private final Accounts accounts;
  private final PrincipalPolicies principalPolicies;
  private final LongTermKeys longTermKeys;
  private final InstantSource clock;
  private final Users users;
  private final Groups groups;
  private final Roles roles;
  private final AccessKeys accessKeys;
  private final InlinePolicies inlinePolicies;
  private final AttachedPolicies attachedPolicies;
  private final PermissionsBoundaries boundaries;
  private final CustomerPolicies customerPolicies;
  private final PolicyVersions policyVersions;

  /// The properties of a role that sessions need.
  public record SessionRole(
      AccountId account, String path, String name, String id, Duration maxSession) {}

  /// @param root the first account and its root user
  /// @param awsPolicies managed policies of AWS, in addition to the built-in ones
  /// @throws UnusableManagedPolicyException with the file and what to do
  public IamService(
      Database database,
      Sealer sealer,
      Ids ids,
      InstantSource clock,
      Accounts.Root root,
      ManagedPolicyFiles awsPolicies) {
    this.database = database;
    this.clock = clock;
    AccessKeyRows keys = new AccessKeyRows();
    this.attachments = new Attachments();
    this.identities = new Identities(database);
    this.managedPolicies = new ManagedPolicies(new AwsManagedPolicies(awsPolicies));
    this.accounts = new Accounts(database, keys, sealer, ids, clock, root);
    this.principalPolicies =
        new PrincipalPolicies(identities, managedPolicies, accounts, documents);
    this.longTermKeys = new LongTermKeys(database, identities, accounts, keys, sealer);
    this.boundaries = new PermissionsBoundaries(database, identities, managedPolicies, attachments);
    this.attachedPolicies =
        new AttachedPolicies(database, identities, managedPolicies, attachments);
    this.inlinePolicies = new InlinePolicies(identities);
    NewIdentities newIdentities = new NewIdentities(ids, clock);
    this.users = new Users(database, identities, boundaries, attachedPolicies, keys, newIdentities);
    this.groups = new Groups(database, identities, boundaries, newIdentities);
    this.roles = new Roles(database, identities, boundaries, newIdentities);
    this.accessKeys = new AccessKeys(database, identities, accounts, keys, sealer, ids, clock);
    this.customerPolicies =
        new CustomerPolicies(database, managedPolicies, attachments, ids, clock);
    this.policyVersions = new PolicyVersions(database, managedPolicies, clock);
  }

  @Override
  public ServiceSpec spec() {
    return SPEC;
  }

  @Override
  public Operations operations() {
    Operations operations = Operations.of(SPEC);
    IamNeeds needs = new IamNeeds(identities);
    users.addTo(operations, needs);
    accessKeys.addTo(operations, needs);
    groups.addTo(operations, needs);
    roles.addTo(operations, needs);
    inlinePolicies.addTo(operations, needs);
    attachedPolicies.addTo(operations, needs);
    boundaries.addTo(operations, needs);
    customerPolicies.addTo(operations);
    policyVersions.addTo(operations);
    return operations;
  }

  @Override
  public List<Chore> chores() {
    Duration soon = Duration.ofSeconds(2); // after the first requests
    return List.of(Chore.ofEachNode(soon, Duration.ofDays(1), this::logMissingPolicies));
  }

  private record AdminAccount(String accountId, String name) {}

  private record AdminNewAccount(String accountId, String accessKeyId, String secretAccessKey) {}

  @Override
  public AdminViews adminViews() {
    return new AdminViews()
        .on("GET accounts", _ -> adminAccounts())
        .on("POST accounts", this::createAccount);
  }

  private List<AdminAccount> adminAccounts() {
    return accounts.list().stream()
        .map(account -> new AdminAccount(account.id().value(), account.name()))
        .toList();
  }

  private AdminNewAccount createAccount(Call call) {
    Accounts.NewAccount made = accounts.create(call.require("name"));
    return new AdminNewAccount(made.id().value(), made.rootKeyId(), made.rootSecret().reveal());
  }

  /// The accounts, for tests of several.
  public Accounts accounts() {
    return accounts;
  }

  /// Finds long-term keys; session tokens are found by `sts`.
  public Credentials.Source credentials() {
    return longTermKeys;
  }

  public IamAuthorizer authorizer(ServiceDirectory services, IamAuthorizer.IssueTimes issueTimes) {
    return new IamAuthorizer(
        database,
        longTermKeys,
        principalPolicies,
        new ResourceSides(identities, managedPolicies, documents, services),
        accounts,
        issueTimes,
        clock);
  }

  /// The principals that resource policies may name.
  public KnownPrincipals principals() {
    return new IamPrincipals(database, accounts, identities);
  }

  /// Whether a principal still exists, was not recreated since its credentials were issued, and its
  /// account is not suspended.
  public boolean exists(Principal principal) {
    return database.read(snapshot -> principalPolicies.exists(snapshot, principal));
  }

  /// The role of an ARN, path included; empty if there is none.
  public Optional<SessionRole> role(Snapshot snapshot, Arn arn) {
    return identities
        .findByArn(snapshot, arn)
        .filter(found -> found.kind() == IdentityType.ROLE)
        .map(
            role ->
                new SessionRole(
                    new AccountId(role.account()),
                    role.path(),
                    role.name(),
                    role.id(),
                    Duration.ofSeconds(role.roleTerms().maxSessionSeconds())));
  }

  /// Logs which managed policies of AWS are attached but missing, for example because they were in
  /// a folder that is no longer configured.
  private void logMissingPolicies() {
    for (String arn : database.read(attachments::policiesOfAws)) {
      if (database.read(snapshot -> managedPolicies.find(snapshot, arn)).isEmpty()) {
        managedPolicies.logMissing(arn);
      }
    }
  }

  /// The default version of a managed policy, for session policies.
  public Optional<String> managedDocument(String arn) {
    return database.read(
        snapshot -> managedPolicies.find(snapshot, arn).map(ManagedPolicy::document));
  }

  /// The account of an access key; empty if it does not exist.
  public Optional<AccountId> accountOfKey(String accessKeyId) {
    return longTermKeys.account(accessKeyId);
  }
}
