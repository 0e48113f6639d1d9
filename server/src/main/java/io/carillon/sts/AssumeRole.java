package io.carillon.sts;

import io.carillon.aws.Caller;
import io.carillon.aws.Credentials;
import io.carillon.aws.Need;
import io.carillon.aws.Principal;
import io.carillon.base.Arn;
import io.carillon.policy.MalformedPolicyException;
import io.carillon.policy.PolicyDocument;
import io.carillon.store.Database;
import io.carillon.sts.StsService.Role;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import software.amazon.awssdk.services.sts.model.AssumeRoleRequest;
import software.amazon.awssdk.services.sts.model.AssumeRoleResponse;
import software.amazon.awssdk.services.sts.model.AssumedRoleUser;
import software.amazon.awssdk.services.sts.model.PolicyDescriptorType;

/// AssumeRole. The authorizer decides whether the caller is allowed, with the role's trust policy
/// as the resource's policy. A role that does not exist is denied with the same message.
final class AssumeRole {
  private static final Pattern SESSION_NAME = Pattern.compile("[\\w+=,.@-]*");
  private static final Pattern EXTERNAL_ID = Pattern.compile("[\\w+=,.@:\\/-]*");
  private static final Pattern DOCUMENT = Pattern.compile("[\\x09\\x0A\\x0D\\x20-\\xFF]+");
  private static final Duration MIN_DURATION = Duration.ofMinutes(15);
  private static final Duration MAX_DURATION = Duration.ofHours(12);
  private static final Duration DEFAULT_DURATION = Duration.ofHours(1);
  private static final Duration MAX_CHAINED_DURATION = Duration.ofHours(1);
  private static final int POLICY_LIMIT = 2_048;
  private static final int TAGS_LIMIT = 4_096; // part of the token that every request sends
  private static final int MAX_POLICY_ARNS = 10;

  private final Database database;
  private final StsService.Roles roles;
  private final StsService.ManagedDocuments managed;
  private final SessionTokens tokens;

  AssumeRole(
      Database database,
      StsService.Roles roles,
      StsService.ManagedDocuments managed,
      SessionTokens tokens) {
    this.database = database;
    this.roles = roles;
    this.managed = managed;
    this.tokens = tokens;
  }

  /// The needs, with the condition keys that a trust policy can test.
  static List<Need> needs(Caller caller, AssumeRoleRequest request) {
    // AWS validates each member by itself first, then the role's ARN.
    String name = sessionName(request);
    String externalId = request.externalId();
    if (externalId != null) {
      StsError.MEMBERS.text("externalId", externalId, 2, 1_224, EXTERNAL_ID);
    }
    Arn role = roleArn(request);
    SessionTags tags = SessionTags.of(caller, request);
    Need assume =
        Need.of("sts:AssumeRole", role)
            .with("sts:RoleSessionName", name)
            .with("sts:ExternalId", externalId)
            .with("sts:TransitiveTagKeys", tags.transitive())
            .tagging(tags.requested());
    return tags.isPresent()
        ? List.of(assume, new Need("sts:TagSession", assume.resource(), assume.context()))
        : List.of(assume);
  }

  AssumeRoleResponse run(Caller caller, AssumeRoleRequest request) {
    refuseUnsupported(request);
    if (caller.principal() instanceof Principal.Root) {
      throw StsError.ACCESS_DENIED.because("Roles may not be assumed by root accounts.");
    }
    Arn arn = roleArn(request);
    Role role =
        database
            .read(snapshot -> roles.find(snapshot, arn))
            .orElseThrow(
                () ->
                    StsError.ACCESS_DENIED.because(
                        "User: "
                            + caller.principal().arn()
                            + " is not authorized to perform: sts:AssumeRole on resource: "
                            + arn));
    String policy = policy(request);
    List<String> policyArns = policyArns(role, request);
    SessionTags tags = SessionTags.of(caller, request);
    int packed = packedPercent(policy, policyArns, tags);
    Principal.AssumedRole principal = RoleSessions.principal(role, sessionName(request));
    Credentials issued =
        tokens.issue(
            principal,
            duration(caller, role, request),
            new Session.Terms(policy, policyArns, tags.all(), tags.allTransitive(), ""));
    AssumeRoleResponse.Builder response =
        AssumeRoleResponse.builder()
            .credentials(toModel(issued))
            .assumedRoleUser(
                AssumedRoleUser.builder()
                    .assumedRoleId(principal.uniqueId())
                    .arn(principal.arn())
                    .build());
    return packed == 0 ? response.build() : withPackedPolicySize(response, packed);
  }

  /// AWS deprecated `PackedPolicySize`, and still sends it.
  @SuppressWarnings("deprecation")
  private static AssumeRoleResponse withPackedPolicySize(
      AssumeRoleResponse.Builder response, int percent) {
    return response.packedPolicySize(percent).build();
  }

  static Duration duration(int seconds, Duration min, Duration max) {
    return Duration.ofSeconds(
        StsError.MEMBERS.range(
            "durationSeconds", seconds, (int) min.toSeconds(), (int) max.toSeconds()));
  }

  private static Duration duration(Caller caller, Role role, AssumeRoleRequest request) {
    if (request.durationSeconds() == null) {
      return DEFAULT_DURATION;
    }
    Duration duration = duration(request.durationSeconds(), MIN_DURATION, MAX_DURATION);
    if (duration.compareTo(role.maxSession()) > 0) {
      throw StsError.VALIDATION.because(
          "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.");
    }
    if (caller.principal() instanceof Principal.AssumedRole
        && duration.compareTo(MAX_CHAINED_DURATION) > 0) {
      throw StsError.VALIDATION.because(
          "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by"
              + " role chaining.");
    }
    return duration;
  }

  /// The session policy that the request passes; empty for none.
  private static String policy(AssumeRoleRequest request) {
    if (request.policy() == null) {
      return "";
    }
    String policy = StsError.MEMBERS.text("policy", request.policy(), 1, POLICY_LIMIT, DOCUMENT);
    try {
      var _ = PolicyDocument.parse(policy, PolicyDocument.Flavour.IDENTITY);
      return policy;
    } catch (MalformedPolicyException malformed) {
      throw StsError.MALFORMED_POLICY_DOCUMENT.because(malformed.getMessage());
    }
  }

  /// The managed session policies that the request passes: AWS's, or of the role's account.
  private List<String> policyArns(Role role, AssumeRoleRequest request) {
    if (request.policyArns().size() > MAX_POLICY_ARNS) {
      throw StsError.VALIDATION.because(
          "1 validation error detected: Value at 'policyArns' failed to satisfy constraint: Member"
              + " must have length less than or equal to "
              + MAX_POLICY_ARNS);
    }
    List<String> arns = new ArrayList<>();
    for (PolicyDescriptorType descriptor : request.policyArns()) {
      String text = StsError.MEMBERS.length("policyArns.member.arn", descriptor.arn(), 20, 2_048);
      boolean visible =
          Arn.tryParse(text)
              .filter(
                  arn ->
                      arn.account().equals("aws") || arn.account().equals(role.account().value()))
              .flatMap(_ -> managed.find(text))
              .isPresent();
      if (!visible) {
        throw StsError.VALIDATION.because(
            "Policy " + text + " does not exist or is not attachable.");
      }
      arns.add(text);
    }
    return arns;
  }

  private static Arn roleArn(AssumeRoleRequest request) {
    String text = StsError.MEMBERS.length("roleArn", request.roleArn(), 20, 2_048);
    Optional<Arn> arn =
        Arn.tryParse(text)
            .filter(a -> a.service().equals("iam") && a.resource().startsWith("role/"));
    return arn.orElseThrow(() -> StsError.VALIDATION.because(text + " is invalid"));
  }

  private static String sessionName(AssumeRoleRequest request) {
    return StsError.MEMBERS.text("roleSessionName", request.roleSessionName(), 2, 64, SESSION_NAME);
  }

  /// The used share of a session's space for policies and tags. AWS does not publish its packing;
  /// this counts characters.
  private static int packedPercent(String policy, List<String> policyArns, SessionTags tags) {
    int policies = policy.length() + policyArns.stream().mapToInt(String::length).sum();
    int percent =
        Math.max(
            Math.ceilDiv(policies * 100, POLICY_LIMIT),
            Math.ceilDiv(tags.size() * 100, TAGS_LIMIT));
    if (percent > 100) {
      throw StsError.PACKED_POLICY_TOO_LARGE.because(
          "Packed size of session policies, ARNs and tags consumes "
              + percent
              + "% of allotted space.");
    }
    return percent;
  }

  /// Source identity, MFA and provided contexts would affect later authorization decisions.
  private static void refuseUnsupported(AssumeRoleRequest request) {
    List<String> members = new ArrayList<>();
    if (request.serialNumber() != null) {
      members.add("SerialNumber");
    }
    if (request.tokenCode() != null) {
      members.add("TokenCode");
    }
    if (request.sourceIdentity() != null) {
      members.add("SourceIdentity");
    }
    if (request.hasProvidedContexts()) {
      members.add("ProvidedContexts");
    }
    if (!members.isEmpty()) {
      throw StsService.unsupported("AssumeRole", String.join(", ", members));
    }
  }

  static software.amazon.awssdk.services.sts.model.Credentials toModel(Credentials issued) {
    return software.amazon.awssdk.services.sts.model.Credentials.builder()
        .accessKeyId(issued.accessKeyId())
        .secretAccessKey(issued.secret().reveal())
        .sessionToken(issued.sessionToken().orElseThrow().reveal())
        .expiration(issued.expires())
        .build();
  }
}
