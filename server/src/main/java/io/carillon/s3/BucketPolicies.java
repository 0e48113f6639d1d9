package io.carillon.s3;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.carillon.aws.Caller;
import io.carillon.aws.Need;
import io.carillon.base.Arn;
import io.carillon.policy.KnownPrincipals;
import io.carillon.policy.MalformedPolicyException;
import io.carillon.policy.PolicyDocument;
import io.carillon.s3.model.Bucket;
import io.carillon.s3.model.Buckets;
import io.carillon.s3.model.ObjectKey;
import io.carillon.s3.model.S3Error;
import io.carillon.s3.model.Versions;
import io.carillon.store.Database;
import io.carillon.store.KeyCodec;
import io.carillon.store.Snapshot;
import io.carillon.store.Table;
import io.carillon.store.Tx;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.s3.model.DeleteBucketPolicyRequest;
import software.amazon.awssdk.services.s3.model.DeleteBucketPolicyResponse;
import software.amazon.awssdk.services.s3.model.GetBucketPolicyRequest;
import software.amazon.awssdk.services.s3.model.GetBucketPolicyResponse;
import software.amazon.awssdk.services.s3.model.GetBucketPolicyStatusRequest;
import software.amazon.awssdk.services.s3.model.GetBucketPolicyStatusResponse;
import software.amazon.awssdk.services.s3.model.PutBucketPolicyRequest;
import software.amazon.awssdk.services.s3.model.PutBucketPolicyResponse;

/// The policies of buckets, which also apply to their objects.
final class BucketPolicies implements BucketPolicyTerms {
  private static final int MAX_BYTES = 20 << 10;
  private static final Set<String> IGNORING_EXISTING_TAGS =
      Set.of(
          "s3:DeleteObject",
          "s3:DeleteObjectVersion",
          "s3:AbortMultipartUpload",
          "s3:ListMultipartUploadParts");
  private static final ObjectMapper JSON = new ObjectMapper();

  /// @param pinned the unique ids of the users and roles that the policy named when it was put, by
  ///   ARN; null in rows from before this was stored
  private record Row(String policy, @Nullable Map<String, String> pinned) {
    Map<String, String> pins() {
      return pinned == null ? Map.of() : pinned;
    }
  }

  private final Table<String, Row> table =
      Table.cached("s3.bucketPolicies", KeyCodec.STRING, Row.class).guardedBy(Buckets.GUARD, 1);
  private final Database database;
  private final Buckets buckets;
  private final Versions versions;

  private final KnownPrincipals principals;

  BucketPolicies(
      Database database, Buckets buckets, Versions versions, KnownPrincipals principals) {
    this.database = database;
    this.buckets = buckets;
    this.versions = versions;
    this.principals = principals;
  }

  @Override
  public Optional<Owned> find(Snapshot snapshot, Arn resource) {
    String name = holder(resource).resource();
    return buckets
        .find(snapshot, name)
        .map(
            bucket -> {
              Optional<Row> row = table.get(snapshot, name);
              return new Owned(
                  bucket.owner(),
                  row.map(Row::policy),
                  Map.of(),
                  row.map(Row::pins).orElse(Map.of()),
                  bucket.effectivePublicAccess().restrict()
                      ? Optional.of(RESTRICT_PUBLIC_BUCKETS)
                      : Optional.empty());
            });
  }

  /// The tags of the object version that a request addresses. Policies cannot decide about writes
  /// and deletions of objects by existing tags.
  ///
  /// Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/tagging-and-policies.html
  @Override
  public Map<String, String> tags(Snapshot snapshot, Need need) {
    String path = Arn.parse(need.resource()).resource();
    int slash = path.indexOf('/');
    if (slash < 0
        || IGNORING_EXISTING_TAGS.contains(need.action())
        || need.context().containsKey(Permissions.CREATION)) {
      return Map.of();
    }
    ObjectKey key = new ObjectKey(path.substring(slash + 1));
    List<String> version = need.context().getOrDefault("s3:VersionId", List.of());
    return buckets
        .find(snapshot, path.substring(0, slash))
        .flatMap(
            bucket ->
                version.isEmpty()
                    ? versions.head(snapshot, bucket, key)
                    : versions.find(snapshot, bucket, key, version.getFirst()))
        .map(found -> found.description().tags())
        .orElse(Map.of());
  }

  PutBucketPolicyResponse put(Caller caller, PutBucketPolicyRequest input) {
    String policy = input.policy() == null ? "" : input.policy();
    ValidPolicy valid = requireValid(policy, input.bucket());
    return database.write(
        tx -> {
          Bucket bucket = buckets.require(tx, caller, input.bucket(), input.expectedBucketOwner());
          if (bucket.effectivePublicAccess().blockPolicy()
              && PUBLIC_GRANTS.areIn(valid.document())) {
            throw AccessControlLists.blocked(
                caller, "s3:PutBucketPolicy", bucket.arn(), "public policies", "BlockPublicPolicy");
          }
          table.put(tx, input.bucket(), new Row(policy, valid.pinned()));
          return PutBucketPolicyResponse.builder().build();
        });
  }

  GetBucketPolicyResponse get(Caller caller, GetBucketPolicyRequest input) {
    Row row = find(caller, input.bucket(), input.expectedBucketOwner());
    return GetBucketPolicyResponse.builder()
        .policy(principals.shown(row.policy(), row.pins()))
        .build();
  }

  /// Whether the policy is public, regardless of the public access block.
  GetBucketPolicyStatusResponse status(Caller caller, GetBucketPolicyStatusRequest input) {
    Row row = find(caller, input.bucket(), input.expectedBucketOwner());
    boolean isPublic = isPublic(row.policy());
    return GetBucketPolicyStatusResponse.builder().policyStatus(s -> s.isPublic(isPublic)).build();
  }

  private static boolean isPublic(String policy) {
    try {
      return PUBLIC_GRANTS.areIn(PolicyDocument.parse(policy, PolicyDocument.Flavour.RESOURCE));
    } catch (MalformedPolicyException _) {
      return false; // a policy that cannot be parsed denies everything
    }
  }

  private Row find(Caller caller, String bucket, @Nullable String expectedOwner) {
    return database
        .read(
            snapshot -> {
              buckets.require(snapshot, caller, bucket, expectedOwner);
              return table.get(snapshot, bucket);
            })
        .orElseThrow(() -> S3Error.NO_SUCH_BUCKET_POLICY.with("BucketName", bucket));
  }

  DeleteBucketPolicyResponse delete(Caller caller, DeleteBucketPolicyRequest input) {
    return database.write(
        tx -> {
          Bucket bucket = buckets.require(tx, caller, input.bucket(), input.expectedBucketOwner());
          delete(tx, bucket);
          return DeleteBucketPolicyResponse.builder().build();
        });
  }

  void delete(Tx tx, Bucket bucket) {
    table.delete(tx, bucket.name());
  }

  /// A valid policy with the unique ids of the principals that it names.
  private record ValidPolicy(PolicyDocument document, Map<String, String> pinned) {}

  private ValidPolicy requireValid(String policy, String bucket) {
    if (policy.getBytes(StandardCharsets.UTF_8).length > MAX_BYTES) {
      throw S3Error.MALFORMED_POLICY.because("Policy exceeds the maximum allowed document size.");
    }
    try {
      PolicyDocument document = PolicyDocument.parse(policy, PolicyDocument.Flavour.RESOURCE);
      BucketPolicyRules.check(bucket, JSON.readTree(policy));
      return new ValidPolicy(document, principals.pin(document));
    } catch (MalformedPolicyException e) {
      throw e.principal()
          .map(
              principal ->
                  S3Error.MALFORMED_POLICY
                      .because("Invalid principal in policy")
                      .with("Detail", principal))
          .orElseGet(() -> S3Error.MALFORMED_POLICY.because(e.getMessage()));
    } catch (JsonProcessingException e) {
      throw S3Error.MALFORMED_POLICY.because(e.getOriginalMessage());
    }
  }
}
