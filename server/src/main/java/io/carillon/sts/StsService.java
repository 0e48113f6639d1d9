package io.carillon.sts;

import io.carillon.aws.AwsException;
import io.carillon.aws.Caller;
import io.carillon.aws.CommonError;
import io.carillon.aws.Credentials;
import io.carillon.aws.ErrorDialect;
import io.carillon.aws.Operations;
import io.carillon.aws.Principal;
import io.carillon.aws.ServiceSpec;
import io.carillon.base.AccountId;
import io.carillon.base.Arn;
import io.carillon.base.Sealer;
import io.carillon.kernel.Kernel;
import io.carillon.kernel.Service;
import io.carillon.store.Database;
import io.carillon.store.Snapshot;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import software.amazon.awssdk.services.sts.model.AssumeRoleRequest;
import software.amazon.awssdk.services.sts.model.GetAccessKeyInfoRequest;
import software.amazon.awssdk.services.sts.model.GetAccessKeyInfoResponse;
import software.amazon.awssdk.services.sts.model.GetCallerIdentityRequest;
import software.amazon.awssdk.services.sts.model.GetCallerIdentityResponse;
import software.amazon.awssdk.services.sts.model.GetSessionTokenRequest;
import software.amazon.awssdk.services.sts.model.GetSessionTokenResponse;

/// STS: temporary credentials and the caller's identity.
public final class StsService implements Service {
  public static final ServiceSpec SPEC =
      ServiceSpec.of(
          "sts",
          1 << 20,
          StsService.class,
          new ServiceSpec.Wire.Query(
              "2011-06-15", "https://sts.amazonaws.com/doc/2011-06-15/", ErrorDialect.plain()));

  private static final Duration MIN_DURATION = Duration.ofMinutes(15);
  private static final Duration MAX_TOKEN_DURATION = Duration.ofHours(36);
  private static final Duration DEFAULT_TOKEN_DURATION = Duration.ofHours(12);
  private static final Duration MAX_ROOT_TOKEN_DURATION = Duration.ofHours(1);

  /// The properties of a role that sessions need.
  ///
  /// @param path begins and ends with a slash
  public record Role(AccountId account, String path, String name, String id, Duration maxSession) {}

  /// Finds the role of an ARN.
  @FunctionalInterface
  public interface Roles {
    Optional<Role> find(Snapshot snapshot, Arn arn);
  }

  /// Whether a principal still exists and is the one whose session it was.
  @FunctionalInterface
  public interface Principals {
    boolean exist(Principal principal);
  }

  /// Finds the default version of a managed policy.
  @FunctionalInterface
  public interface ManagedDocuments {
    Optional<String> find(String arn);
  }

  /// Finds the account of a long-term access key.
  @FunctionalInterface
  public interface KeyOwners {
    Optional<AccountId> find(String accessKeyId);
  }

  private final KeyOwners keyOwners;
  private final SessionTokens tokens;
  private final RoleSessions roleSessions;
  private final AssumeRole assumeRole;

  /// What STS asks IAM.
  public record Identities(
      Roles roles, Principals principals, ManagedDocuments managed, KeyOwners keyOwners) {}

  public StsService(Kernel kernel, Sealer sealer, Identities identities) {
    Database database = kernel.database();
    Roles roles = identities.roles();
    ManagedDocuments managed = identities.managed();
    this.keyOwners = identities.keyOwners();
    this.tokens =
        new SessionTokens(sealer, kernel.ids(), kernel.clock(), identities.principals(), managed);
    this.roleSessions = new RoleSessions(database, kernel.authorizer(), roles, tokens);
    this.assumeRole = new AssumeRole(database, roles, managed, tokens);
  }

  @Override
  public ServiceSpec spec() {
    return SPEC;
  }

  @Override
  public Operations operations() {
    return Operations.of(SPEC)
        .open(
            GetCallerIdentityRequest.class,
            "every caller may ask for its own identity",
            StsService::getCallerIdentity)
        .needing(AssumeRoleRequest.class, AssumeRole::needs, assumeRole::run)
        .open(
            GetSessionTokenRequest.class,
            "it grants no more than the caller has already",
            this::getSessionToken)
        .anywhere(GetAccessKeyInfoRequest.class, this::getAccessKeyInfo);
  }

  /// Finds session credentials.
  public Credentials.Source credentials() {
    return tokens;
  }

  /// Sessions that services hold in roles.
  public RoleSessions roleSessions() {
    return roleSessions;
  }

  /// When the credentials with this key id were issued; empty for long-term keys.
  public static Optional<Instant> issued(String accessKeyId) {
    return SessionKeyId.issued(accessKeyId);
  }

  private static GetCallerIdentityResponse getCallerIdentity(
      Caller caller, GetCallerIdentityRequest request) {
    if (caller.principal() instanceof Principal.Anonymous) {
      throw CommonError.MISSING_AUTHENTICATION_TOKEN.exception();
    }
    return GetCallerIdentityResponse.builder()
        .userId(caller.principal().uniqueId())
        .account(caller.account().value())
        .arn(caller.principal().arn())
        .build();
  }

  private GetSessionTokenResponse getSessionToken(Caller caller, GetSessionTokenRequest request) {
    if (request.serialNumber() != null || request.tokenCode() != null) {
      throw unsupported("GetSessionToken", "SerialNumber, TokenCode");
    }
    Duration maxDuration =
        switch (caller.principal()) {
          case Principal.User _ -> MAX_TOKEN_DURATION;
          case Principal.Root _ -> MAX_ROOT_TOKEN_DURATION;
          case Principal.AssumedRole _ ->
              throw StsError.ACCESS_DENIED.because(
                  "Cannot call GetSessionToken with session credentials");
          case Principal.Anonymous _ -> throw CommonError.MISSING_AUTHENTICATION_TOKEN.exception();
          case Principal.Service _ -> throw StsError.ACCESS_DENIED.exception();
        };
    if (SessionKeyId.isSessionKey(caller.accessKeyId())) {
      throw StsError.ACCESS_DENIED.because("Cannot call GetSessionToken with session credentials");
    }
    Duration requested =
        request.durationSeconds() == null
            ? DEFAULT_TOKEN_DURATION
            : AssumeRole.duration(request.durationSeconds(), MIN_DURATION, MAX_TOKEN_DURATION);
    // AWS does not refuse longer sessions of root users but cuts them to an hour.
    Duration duration = requested.compareTo(maxDuration) > 0 ? maxDuration : requested;
    return GetSessionTokenResponse.builder()
        .credentials(
            AssumeRole.toModel(tokens.issue(caller.principal(), duration, Session.Terms.NONE)))
        .build();
  }

  private GetAccessKeyInfoResponse getAccessKeyInfo(
      Caller caller, GetAccessKeyInfoRequest request) {
    String id = StsError.MEMBERS.length("accessKeyId", request.accessKeyId(), 16, 128);
    AccountId account =
        id.equals(caller.accessKeyId())
            ? caller.account()
            : keyOwners
                .find(id)
                .orElseThrow(
                    () ->
                        StsError.VALIDATION.because(
                            "The access key "
                                + id
                                + " does not belong to an account of this server."));
    return GetAccessKeyInfoResponse.builder().account(account.value()).build();
  }

  static AwsException unsupported(String operation, String members) {
    return CommonError.INVALID_PARAMETER_VALUE.because(
        operation + " does not support these members here: " + members);
  }
}
