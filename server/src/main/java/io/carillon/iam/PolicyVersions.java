package io.carillon.iam;

import io.carillon.aws.Caller;
import io.carillon.aws.Operations;
import io.carillon.store.Database;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import software.amazon.awssdk.services.iam.model.CreatePolicyVersionRequest;
import software.amazon.awssdk.services.iam.model.CreatePolicyVersionResponse;
import software.amazon.awssdk.services.iam.model.DeletePolicyVersionRequest;
import software.amazon.awssdk.services.iam.model.DeletePolicyVersionResponse;
import software.amazon.awssdk.services.iam.model.GetPolicyVersionRequest;
import software.amazon.awssdk.services.iam.model.GetPolicyVersionResponse;
import software.amazon.awssdk.services.iam.model.ListPolicyVersionsRequest;
import software.amazon.awssdk.services.iam.model.ListPolicyVersionsResponse;
import software.amazon.awssdk.services.iam.model.PolicyVersion;
import software.amazon.awssdk.services.iam.model.SetDefaultPolicyVersionRequest;
import software.amazon.awssdk.services.iam.model.SetDefaultPolicyVersionResponse;

/// The versions of managed policies: at most five, one of which is the default.
final class PolicyVersions {
  private static final int MAX_VERSIONS = 5;
  private static final Pattern ID = Pattern.compile("v[1-9][0-9]*(\\.[A-Za-z0-9-]*)?");

  private final Database database;
  private final ManagedPolicies policies;
  private final InstantSource clock;

  PolicyVersions(Database database, ManagedPolicies policies, InstantSource clock) {
    this.database = database;
    this.policies = policies;
    this.clock = clock;
  }

  /// Adds the operations of this class to IAM's.
  void addTo(Operations operations) {
    operations
        .needing(
            CreatePolicyVersionRequest.class,
            (_, r) -> IamNeeds.onPolicy("CreatePolicyVersion", r.policyArn()),
            this::create)
        .needing(
            GetPolicyVersionRequest.class,
            (_, r) -> IamNeeds.onPolicy("GetPolicyVersion", r.policyArn()),
            this::get)
        .needing(
            ListPolicyVersionsRequest.class,
            (_, r) -> IamNeeds.onPolicy("ListPolicyVersions", r.policyArn()),
            this::list)
        .needing(
            SetDefaultPolicyVersionRequest.class,
            (_, r) -> IamNeeds.onPolicy("SetDefaultPolicyVersion", r.policyArn()),
            this::setDefault)
        .needing(
            DeletePolicyVersionRequest.class,
            (_, r) -> IamNeeds.onPolicy("DeletePolicyVersion", r.policyArn()),
            this::delete);
  }

  CreatePolicyVersionResponse create(Caller caller, CreatePolicyVersionRequest request) {
    String document = CustomerPolicies.document(request.policyDocument());
    boolean setDefault = Boolean.TRUE.equals(request.setAsDefault());
    Instant now = clock.instant().truncatedTo(ChronoUnit.SECONDS);
    ManagedPolicy.Version created =
        database.write(
            tx -> {
              ManagedPolicy policy =
                  policies.require(tx, caller.account().value(), request.policyArn());
              CustomerPolicies.refuseAwsPolicy(policy);
              if (policy.versions().size() >= MAX_VERSIONS) {
                throw IamError.LIMIT_EXCEEDED.because(
                    "A managed policy can have up to "
                        + MAX_VERSIONS
                        + " versions. Before you create a new version, you must delete an existing"
                        + " version.");
              }
              int number = policy.made() + 1;
              ManagedPolicy.Version version =
                  new ManagedPolicy.Version("v" + number, document, now);
              List<ManagedPolicy.Version> versions = new ArrayList<>(policy.versions());
              versions.add(version);
              policies.put(
                  tx,
                  policy.withVersions(
                      versions, setDefault ? version.id() : policy.defaultVersion(), number, now));
              return version;
            });
    return CreatePolicyVersionResponse.builder()
        .policyVersion(
            PolicyVersion.builder()
                .versionId(created.id())
                .isDefaultVersion(setDefault)
                .createDate(created.created())
                .build())
        .build();
  }

  GetPolicyVersionResponse get(Caller caller, GetPolicyVersionRequest request) {
    String id = id(request.versionId());
    ManagedPolicy policy = require(caller, request.policyArn());
    ManagedPolicy.Version version = policy.version(id);
    return GetPolicyVersionResponse.builder()
        .policyVersion(
            toModel(policy, version).document(PolicyDocuments.encoded(version.document())).build())
        .build();
  }

  ListPolicyVersionsResponse list(Caller caller, ListPolicyVersionsRequest request) {
    IamPage.Paging paging = IamPage.Paging.of(request.marker(), request.maxItems());
    ManagedPolicy policy = require(caller, request.policyArn());
    // Newest first, as on AWS; the marker is the position in the list.
    List<ManagedPolicy.Version> newest = policy.versions().reversed();
    IamPage<PolicyVersion> page =
        IamPage.of(newest, version -> "" + (char) ('a' + newest.indexOf(version)), paging)
            .map(version -> toModel(policy, version).build());
    return ListPolicyVersionsResponse.builder()
        .versions(page.items())
        .isTruncated(page.isTruncated())
        .marker(page.marker())
        .build();
  }

  SetDefaultPolicyVersionResponse setDefault(
      Caller caller, SetDefaultPolicyVersionRequest request) {
    String id = id(request.versionId());
    Instant now = clock.instant().truncatedTo(ChronoUnit.SECONDS);
    database.write(
        tx -> {
          ManagedPolicy policy =
              policies.require(tx, caller.account().value(), request.policyArn());
          CustomerPolicies.refuseAwsPolicy(policy);
          ManagedPolicy.Version version = policy.version(id);
          policies.put(
              tx, policy.withVersions(policy.versions(), version.id(), policy.made(), now));
          return version;
        });
    return SetDefaultPolicyVersionResponse.builder().build();
  }

  DeletePolicyVersionResponse delete(Caller caller, DeletePolicyVersionRequest request) {
    String id = id(request.versionId());
    Instant now = clock.instant().truncatedTo(ChronoUnit.SECONDS);
    database.write(
        tx -> {
          ManagedPolicy policy =
              policies.require(tx, caller.account().value(), request.policyArn());
          CustomerPolicies.refuseAwsPolicy(policy);
          ManagedPolicy.Version version = policy.version(id);
          if (policy.defaultVersion().equals(id)) {
            throw IamError.DELETE_CONFLICT.because(
                "Cannot delete the default version of a policy.");
          }
          List<ManagedPolicy.Version> versions = new ArrayList<>(policy.versions());
          versions.remove(version);
          policies.put(
              tx, policy.withVersions(versions, policy.defaultVersion(), policy.made(), now));
          return version;
        });
    return DeletePolicyVersionResponse.builder().build();
  }

  private ManagedPolicy require(Caller caller, String arn) {
    return database.read(snapshot -> policies.require(snapshot, caller.account().value(), arn));
  }

  private static String id(String versionId) {
    IamError.MEMBERS.length("versionId", versionId, 1, 128);
    if (!ID.matcher(versionId).matches()) {
      throw IamError.MEMBERS.unsatisfied(
          "versionId",
          versionId,
          "Member must satisfy regular expression pattern: v[1-9][0-9]*(\\.[A-Za-z0-9-]*)?");
    }
    return versionId;
  }

  private static PolicyVersion.Builder toModel(
      ManagedPolicy policy, ManagedPolicy.Version version) {
    return PolicyVersion.builder()
        .versionId(version.id())
        .isDefaultVersion(version.id().equals(policy.defaultVersion()))
        .createDate(version.created());
  }
}
