package io.carillon.iam;

import io.carillon.aws.Authorizer;
import io.carillon.aws.Caller;
import io.carillon.aws.Credentials;
import io.carillon.aws.Need;
import io.carillon.aws.Operations.Access;
import io.carillon.aws.Operations.Execution;
import io.carillon.aws.Operations.Operation;
import io.carillon.aws.Principal;
import io.carillon.aws.ResourcePolicies;
import io.carillon.aws.ServiceDirectory;
import io.carillon.aws.ServiceSpec;
import io.carillon.aws.SessionTerms;
import io.carillon.aws.Signing;
import io.carillon.aws.Specs;
import io.carillon.base.AccountId;
import io.carillon.base.Arn;
import io.carillon.base.Ids;
import io.carillon.base.Region;
import io.carillon.base.Sealer;
import io.carillon.base.Secret;
import io.carillon.kernel.TestKernel;
import io.carillon.policy.Decision;
import io.carillon.s3.BucketPolicyTerms;
import io.carillon.store.Database;
import io.carillon.store.RepeatingDatabase;
import io.carillon.sts.StsService;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import software.amazon.awssdk.core.SdkPojo;

/// IAM and STS over an in-memory store, called as by the request pipeline: needs first, then the
/// operation. The clock stands still unless a test advances it.
public final class IamFixture {
  public static final AccountId ACCOUNT = new AccountId("000000000000");
  public static final Secret ROOT_SECRET = new Secret("test");
  public static final String LAMBDA_TRUST =
      """
      {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole",
       "Principal":{"Service":["lambda.amazonaws.com","s3.amazonaws.com","sns.amazonaws.com"]}}]}
      """;

  public Instant now = Instant.parse("2026-05-04T03:02:01.5Z");
  public final Database database;
  public final Map<String, ResourcePolicies.Owned> resources = new HashMap<>();
  public final IamService iam;
  public final StsService sts;
  public final IamAuthorizer authorizer;
  private final List<Operation<?>> operations = new ArrayList<>();

  public IamFixture() {
    this(new ReversingSealer());
  }

  public IamFixture(Sealer sealer) {
    this(sealer, RepeatingDatabase.inMemory(), ManagedPolicyFiles.NONE);
  }

  /// @param managedPolicies of AWS, in addition to the built-in ones
  public IamFixture(Sealer sealer, Database database, ManagedPolicyFiles managedPolicies) {
    this.database = database;
    Ids ids = new Ids();
    iam =
        new IamService(
            database,
            sealer,
            ids,
            () -> now,
            new Accounts.Root(ACCOUNT, "test", ROOT_SECRET),
            managedPolicies);
    ResourcePolicies lookUp = (_, arn) -> Optional.ofNullable(resources.get(arn.toString()));
    BucketPolicyTerms ofBuckets = lookUp::find;
    Map<String, ResourcePolicies> services =
        Map.of("s3", ofBuckets, "sns", lookUp, "sqs", lookUp, "lambda", lookUp);
    authorizer =
        iam.authorizer(
            new ServiceDirectory() {
              @Override
              public Optional<ResourcePolicies> resourcePolicies(String service) {
                return Optional.ofNullable(services.get(service));
              }

              @Override
              public Optional<ServiceSpec> spec(String service) {
                return Optional.of(Specs.of(service));
              }
            },
            StsService::issued);
    sts = sts(sealer, authorizer);
    operations.addAll(iam.operations().all());
    operations.addAll(sts.operations().all());
  }

  private StsService sts(Sealer sealer, Authorizer authorizer) {
    return new StsService(
        new TestKernel(database, () -> now).with(authorizer).build(),
        sealer,
        new StsService.Identities(
            (snapshot, arn) ->
                iam.role(snapshot, arn)
                    .map(
                        r ->
                            new StsService.Role(
                                r.account(), r.path(), r.name(), r.id(), r.maxSession())),
            iam::exists,
            iam::managedDocument,
            iam::accountOfKey));
  }

  public Decision decide(Caller caller, Need need) {
    return database.read(snapshot -> authorizer.decide(snapshot, caller, need));
  }

  public boolean allowsService(
      String service, String action, Arn resource, Arn source, String sourceAccount) {
    return database.read(
        snapshot ->
            authorizer.allowsService(snapshot, service, action, resource, source, sourceAccount));
  }

  public void advance(Duration time) {
    now = now.plus(time);
  }

  public Caller root() {
    return caller(iam.credentials().find("test", "").orElseThrow());
  }

  public Caller anonymous() {
    return caller(new Principal.Anonymous(), ACCOUNT, SessionTerms.NONE, "");
  }

  /// The caller with these credentials.
  public Caller caller(Credentials credentials) {
    return caller(
        credentials.principal(),
        credentials.account(),
        credentials.session(),
        credentials.accessKeyId());
  }

  public Caller caller(Principal principal, AccountId account, SessionTerms session, String keyId) {
    return new Caller(
        principal,
        account,
        new Region("eu-west-1"),
        session,
        "REQUEST",
        "HOST",
        "127.0.0.1",
        false,
        "test-agent",
        now,
        Instant.MAX,
        keyId,
        Signing.NONE,
        "",
        null);
  }

  /// The credentials with this key and token, if they exist.
  public Optional<Credentials> find(String keyId, String token) {
    return token.isEmpty()
        ? iam.credentials().find(keyId, token)
        : sts.credentials().find(keyId, token);
  }

  @SuppressWarnings("unchecked")
  public <I extends SdkPojo, O> O call(Caller caller, I request, Class<O> response) {
    Operation<I> operation =
        (Operation<I>)
            operations.stream()
                .filter(o -> o.input() == request.getClass())
                .findFirst()
                .orElseThrow(() -> new AssertionError("Not mounted: " + request.getClass()));
    if (operation.access() instanceof Access.Needs<I>(var needs)) {
      var _ = authorizer.authorize(caller, needs.apply(caller, request));
    }
    return response.cast(
        ((Execution.Decoded<I, Object>) operation.execution()).run().run(caller, request));
  }

  public <I extends SdkPojo> Object call(Caller caller, I request) {
    return call(caller, request, Object.class);
  }

  List<Operation<?>> operations() {
    return operations;
  }

  public Arn role(String name) {
    return Arn.iam(ACCOUNT, "role/" + name);
  }

  /// Seals by reversing, and detects changes: enough to test its callers.
  public static final class ReversingSealer implements Sealer {
    @Override
    public byte[] seal(Secret secret) {
      String text = new StringBuilder(secret.reveal()).reverse().toString();
      return ("sealed " + text.hashCode() + " " + text).getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public Optional<Secret> open(byte[] sealed) {
      String[] part = new String(sealed, StandardCharsets.UTF_8).split(" ", 3);
      boolean valid =
          part.length == 3
              && part[0].equals("sealed")
              && part[1].equals(Integer.toString(part[2].hashCode()));
      return valid
          ? Optional.of(new Secret(new StringBuilder(part[2]).reverse().toString()))
          : Optional.empty();
    }
  }
}
