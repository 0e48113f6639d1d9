package io.carillon.s3;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.carillon.aws.Caller;
import io.carillon.aws.Need;
import io.carillon.aws.ResourcePolicies;
import io.carillon.base.Arn;
import io.carillon.policy.MalformedPolicyException;
import io.carillon.policy.PolicyDocument;
import io.carillon.s3.model.Bucket;
import io.carillon.s3.model.Buckets;
import io.carillon.s3.model.ObjectKey;
import io.carillon.s3.model.S3Error;
import io.carillon.s3.model.Versions;
import io.carillon.store.Database;
import io.carillon.store.KeyCodec;
import io.carillon.store.Table;
import io.carillon.store.Tx;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import software.amazon.awssdk.services.s3.model.DeleteBucketPolicyRequest;
import software.amazon.awssdk.services.s3.model.DeleteBucketPolicyResponse;
import software.amazon.awssdk.services.s3.model.GetBucketPolicyRequest;
import software.amazon.awssdk.services.s3.model.GetBucketPolicyResponse;
import software.amazon.awssdk.services.s3.model.PutBucketPolicyRequest;
import software.amazon.awssdk.services.s3.model.PutBucketPolicyResponse;

/// The policies of buckets, which speak for their objects as well.
final class BucketPolicies implements ResourcePolicies {
  private static final int MAX_BYTES = 20 << 10;
  private static final Set<String> BLIND_TO_TAGS =
      Set.of(
          "s3:DeleteObject",
          "s3:DeleteObjectVersion",
          "s3:AbortMultipartUpload",
          "s3:ListMultipartUploadParts");
  private static final ObjectMapper JSON = new ObjectMapper();

  private record Row(String policy) {}

  private final Table<String, Row> table =
      Table.kept("s3.bucketPolicies", KeyCodec.STRING, Row.class);
  private final Database database;
  private final Buckets buckets;
  private final Versions versions;

  BucketPolicies(Database database, Buckets buckets, Versions versions) {
    this.database = database;
    this.buckets = buckets;
    this.versions = versions;
  }

  @Override
  public Optional<Owned> find(Arn resource) {
    String path = resource.resource();
    int slash = path.indexOf('/');
    String name = slash < 0 ? path : path.substring(0, slash);
    return database.read(
        snapshot ->
            buckets
                .find(snapshot, name)
                .map(
                    bucket ->
                        new Owned(bucket.owner(), table.get(snapshot, name).map(Row::policy))));
  }

  /// The tags of the version that a request is for. What writes or removes objects may not be
  /// judged by the tags that they have.
  ///
  /// Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/tagging-and-policies.html
  @Override
  public Map<String, String> tags(Need need) {
    String path = Arn.parse(need.resource()).resource();
    int slash = path.indexOf('/');
    if (slash < 0
        || BLIND_TO_TAGS.contains(need.action())
        || need.context().containsKey(Permissions.CREATION)) {
      return Map.of();
    }
    ObjectKey key = new ObjectKey(path.substring(slash + 1));
    List<String> version = need.context().getOrDefault("s3:VersionId", List.of());
    return database
        .read(
            snapshot ->
                buckets
                    .find(snapshot, path.substring(0, slash))
                    .flatMap(
                        bucket ->
                            version.isEmpty()
                                ? versions.head(snapshot, bucket, key)
                                : versions.find(snapshot, bucket, key, version.getFirst())))
        .map(found -> found.description().tags())
        .orElse(Map.of());
  }

  PutBucketPolicyResponse put(Caller caller, PutBucketPolicyRequest input) {
    String policy = input.policy() == null ? "" : input.policy();
    requireValid(policy, input.bucket());
    return database.write(
        tx -> {
          buckets.require(tx, caller, input.bucket(), input.expectedBucketOwner());
          table.put(tx, input.bucket(), new Row(policy));
          return PutBucketPolicyResponse.builder().build();
        });
  }

  GetBucketPolicyResponse get(Caller caller, GetBucketPolicyRequest input) {
    return database
        .read(
            snapshot -> {
              buckets.require(snapshot, caller, input.bucket(), input.expectedBucketOwner());
              return table.get(snapshot, input.bucket());
            })
        .map(row -> GetBucketPolicyResponse.builder().policy(row.policy()).build())
        .orElseThrow(() -> S3Error.NO_SUCH_BUCKET_POLICY.with("BucketName", input.bucket()));
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

  private static void requireValid(String policy, String bucket) {
    if (policy.getBytes(StandardCharsets.UTF_8).length > MAX_BYTES) {
      throw S3Error.MALFORMED_POLICY.because("Policy exceeds the maximum allowed document size.");
    }
    try {
      PolicyDocument.parse(policy, PolicyDocument.Flavour.RESOURCE);
      JsonNode statements = JSON.readTree(policy).path("Statement");
      for (JsonNode statement :
          statements.isArray() ? statements : JSON.createArrayNode().add(statements)) {
        requireWithin(bucket, statement.path("Resource"));
        requireWithin(bucket, statement.path("NotResource"));
      }
    } catch (MalformedPolicyException e) {
      throw S3Error.MALFORMED_POLICY.because(e.getMessage());
    } catch (JsonProcessingException e) {
      throw S3Error.MALFORMED_POLICY.because(e.getOriginalMessage());
    }
  }

  /// A bucket's policy may speak of that bucket and its objects only.
  private static void requireWithin(String bucket, JsonNode resources) {
    if (resources.isArray()) {
      resources.forEach(one -> requireWithin(bucket, one));
    } else if (resources.isTextual()) {
      String name =
          Arn.tryParse(resources.textValue())
              .filter(arn -> arn.service().equals("s3"))
              .map(Arn::resource)
              .orElse("");
      String path = name.contains("/") ? name.substring(0, name.indexOf('/')) : name;
      boolean within = path.equals(bucket) || matchesByWildcard(path, bucket);
      if (!within) {
        throw S3Error.MALFORMED_POLICY
            .because("Policy has invalid resource")
            .with("Detail", resources.textValue());
      }
    }
  }

  private static boolean matchesByWildcard(String pattern, String bucket) {
    int star = pattern.indexOf('*');
    return star >= 0 && bucket.startsWith(pattern.substring(0, star))
        || star < 0 && pattern.indexOf('?') >= 0 && pattern.length() == bucket.length();
  }
}
