package io.carillon.s3;

import io.carillon.aws.AwsException;
import io.carillon.aws.Caller;
import io.carillon.base.Arn;
import io.carillon.s3.model.Bucket;
import io.carillon.s3.model.Bucket.Ownership;
import io.carillon.s3.model.OwnerId;
import io.carillon.s3.model.S3Error;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.SdkField;
import software.amazon.awssdk.core.SdkPojo;
import software.amazon.awssdk.services.s3.model.AccessControlPolicy;
import software.amazon.awssdk.services.s3.model.Grant;
import software.amazon.awssdk.services.s3.model.Permission;
import software.amazon.awssdk.services.s3.model.Type;

/// Checks the ACLs of requests. There is one ACL here: full control for the bucket owner. If ACLs
/// are disabled, any other one is refused as on S3. If they are enabled, a public ACL is subject to
/// the public access block, and everything else is NotImplemented, so that no caller believes in a
/// grant that does not exist.
///
/// Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html,
/// https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html
final class AccessControlLists {
  private static final String CANNED = "x-amz-acl";
  private static final String GRANT = "x-amz-grant-";
  private static final String OWNER = "bucket-owner-full-control";
  private static final Set<String> KNOWN =
      Set.of(
          "private",
          "public-read",
          "public-read-write",
          "authenticated-read",
          "aws-exec-read",
          "log-delivery-write",
          "bucket-owner-read",
          OWNER);

  /// Canned ACLs that grant nothing to anybody but the owner of both bucket and object.
  private static final Set<String> OWNER_ONLY = Set.of("private", "bucket-owner-read", OWNER);

  private static final Set<String> PUBLIC =
      Set.of("public-read", "public-read-write", "authenticated-read");

  /// Groups that every caller belongs to.
  private static final Set<String> PUBLIC_GROUPS =
      Set.of(
          "http://acs.amazonaws.com/groups/global/AllUsers",
          "http://acs.amazonaws.com/groups/global/AuthenticatedUsers");

  private static final Pattern GRANTEES =
      Pattern.compile(
          "\\s*(id|uri|emailAddress)=\"?[^\",]+\"?(\\s*,\\s*(id|uri|emailAddress)=\"?[^\",]+\"?)*\\s*");

  private static final Pattern GRANTEE = Pattern.compile("(id|uri|emailAddress)=\"?([^\",]+)\"?");
  private static final Pattern CANONICAL_ID = Pattern.compile("[0-9a-f]{64}");
  private static final Set<String> GROUPS =
      Set.of(
          "http://acs.amazonaws.com/groups/global/AllUsers",
          "http://acs.amazonaws.com/groups/global/AuthenticatedUsers",
          "http://acs.amazonaws.com/groups/s3/LogDelivery");

  private static final Map<Class<?>, List<SdkField<?>>> FIELDS = new ConcurrentHashMap<>();

  private AccessControlLists() {}

  /// The ACL of a request.
  ///
  /// @param canned null if it names no canned ACL
  /// @param grants the values of the `x-amz-grant-…` headers, by name
  private record RequestedAcl(@Nullable String canned, Map<String, String> grants) {
    boolean isEmpty() {
      return canned == null && grants.isEmpty();
    }

    boolean isPublic() {
      return (canned != null && PUBLIC.contains(canned))
          || grants.values().stream().anyMatch(v -> PUBLIC_GROUPS.stream().anyMatch(v::contains));
    }
  }

  /// @throws AwsException InvalidArgument, InvalidRequest if the ACL is invalid
  private static RequestedAcl requestedAcl(SdkPojo request) {
    String canned = null;
    Map<String, String> grants = Map.of();
    for (SdkField<?> field : FIELDS.computeIfAbsent(request.getClass(), _ -> fields(request))) {
      Object value = field.getValueOrDefault(request);
      if (value != null) {
        if (field.locationName().equals(CANNED)) {
          canned = requireKnown(value.toString());
        } else {
          grants = new TreeMap<>(grants);
          grants.put(field.locationName(), requireGrantees(field.locationName(), value.toString()));
        }
      }
    }
    if (canned != null && !grants.isEmpty()) {
      throw S3Error.INVALID_REQUEST.because(
          "Specifying both Canned ACLs and Header Grants is not allowed");
    }
    return new RequestedAcl(canned, grants);
  }

  private static List<SdkField<?>> fields(SdkPojo request) {
    List<SdkField<?>> fields = new ArrayList<>();
    for (SdkField<?> field : request.sdkFields()) {
      String name = field.locationName().toLowerCase(Locale.ROOT);
      if (name.equals(CANNED) || name.startsWith(GRANT)) {
        fields.add(field);
      }
    }
    return fields;
  }

  private static String requireKnown(String canned) {
    if (!KNOWN.contains(canned)) {
      throw invalid("", CANNED, canned); // the message of S3 is empty
    }
    return canned;
  }

  private static String requireGrantees(String header, String grantees) {
    if (!GRANTEES.matcher(grantees).matches()) {
      throw invalid("Argument format not recognized", header, grantees);
    }
    Matcher grantee = GRANTEE.matcher(grantees);
    while (grantee.find()) {
      String name = grantee.group(2);
      if (grantee.group(1).equals("id") && !CANONICAL_ID.matcher(name).matches()) {
        throw invalid("Invalid id", "id", name);
      }
      if (grantee.group(1).equals("uri") && !GROUPS.contains(name)) {
        throw invalid("Invalid group uri", "uri", name);
      }
    }
    return grantees;
  }

  private static AwsException invalid(String message, String argument, String value) {
    return S3Error.INVALID_ARGUMENT
        .because(message)
        .with("ArgumentName", argument)
        .with("ArgumentValue", value);
  }

  /// Checks the ACL, or the lack of one, of a request that writes an object.
  ///
  /// @param action such as `s3:PutObject`
  static void requireForObject(
      Caller caller, Bucket bucket, String key, String action, SdkPojo request) {
    RequestedAcl acl = requestedAcl(request);
    if (bucket.aclsDisabled()) {
      if (!acl.isEmpty() && !"private".equals(acl.canned()) && !OWNER.equals(acl.canned())) {
        throw S3Error.ACCESS_CONTROL_LIST_NOT_SUPPORTED.exception();
      }
      return;
    }
    requireOwnerOnly(caller, bucket, Arn.object(bucket.name(), key), action, acl);
    boolean ownedByBucketOwner =
        caller.account().equals(bucket.owner())
            || (bucket.effectiveOwnership() == Ownership.BUCKET_OWNER_PREFERRED
                && OWNER.equals(acl.canned()));
    if (!ownedByBucketOwner) {
      throw S3Error.NOT_IMPLEMENTED.because(
          "Objects that belong to another account than their bucket are not implemented: set the"
              + " bucket's ownership to BucketOwnerEnforced, or write with the ACL "
              + OWNER
              + " under BucketOwnerPreferred.");
    }
  }

  /// Checks PutBucketAcl and PutObjectAcl. Some tools put back the ACL that they have read.
  ///
  /// @param document the ACL in the body; null if there is none
  static void requireForAcl(
      Caller caller,
      Bucket bucket,
      Arn resource,
      String action,
      SdkPojo request,
      @Nullable AccessControlPolicy document) {
    RequestedAcl acl = requestedAcl(request);
    if (document != null) {
      if (!acl.isEmpty()) {
        throw S3Error.UNEXPECTED_CONTENT.exception();
      }
      if (isOwnersFullControl(bucket, document)) {
        return;
      }
    }
    if (bucket.aclsDisabled()) {
      if (!OWNER.equals(acl.canned())) {
        throw S3Error.ACCESS_CONTROL_LIST_NOT_SUPPORTED.exception();
      }
      return;
    }
    if (document == null) {
      if (acl.isEmpty()) {
        throw S3Error.MISSING_SECURITY_HEADER.with("MissingHeaderName", CANNED);
      }
      requireOwnerOnly(caller, bucket, resource, action, acl);
      return;
    }
    requireNotBlocked(caller, bucket, resource, action, grantsToPublic(document));
    throw notImplemented();
  }

  /// Checks the ACL of CreateBucket.
  ///
  /// @param bucket the bucket to be created
  static void requireForNew(Bucket bucket, SdkPojo request) {
    RequestedAcl acl = requestedAcl(request);
    if (acl.isEmpty() || "private".equals(acl.canned())) {
      return;
    }
    if (bucket.aclsDisabled()) {
      throw S3Error.INVALID_BUCKET_ACL_WITH_OBJECT_OWNERSHIP.with("BucketName", bucket.name());
    }
    if (acl.isPublic() && bucket.effectivePublicAccess().blockAcls()) {
      throw S3Error.INVALID_BUCKET_ACL_WITH_BLOCK_PUBLIC_ACCESS.with("BucketName", bucket.name());
    }
    throw notImplemented();
  }

  static Grant fullControl(Bucket bucket) {
    return Grant.builder()
        .grantee(g -> g.type(Type.CANONICAL_USER).id(OwnerId.canonical(bucket.owner())))
        .permission(Permission.FULL_CONTROL)
        .build();
  }

  private static void requireOwnerOnly(
      Caller caller, Bucket bucket, Arn resource, String action, RequestedAcl acl) {
    requireNotBlocked(caller, bucket, resource, action, acl.isPublic());
    if (!acl.isEmpty() && !(acl.canned() != null && OWNER_ONLY.contains(acl.canned()))) {
      throw notImplemented();
    }
  }

  private static void requireNotBlocked(
      Caller caller, Bucket bucket, Arn resource, String action, boolean isPublic) {
    if (isPublic && bucket.effectivePublicAccess().blockAcls()) {
      throw blocked(caller, action, resource, "public ACLs", "BlockPublicAcls");
    }
  }

  /// The error for a request that a public access block blocks.
  static AwsException blocked(
      Caller caller, String action, Arn resource, String what, String setting) {
    return S3Error.ACCESS_DENIED.because(
        "User: %s is not authorized to perform: %s on resource: \"%s\" because %s are prevented by the %s setting in S3 Block Public Access."
            .formatted(caller.principal().arn(), action, resource, what, setting));
  }

  private static boolean isOwnersFullControl(Bucket bucket, AccessControlPolicy document) {
    return document.grants().equals(List.of(fullControl(bucket)))
        && document.owner() != null
        && OwnerId.canonical(bucket.owner()).equals(document.owner().id());
  }

  private static boolean grantsToPublic(AccessControlPolicy document) {
    return document.grants().stream()
        .map(Grant::grantee)
        .anyMatch(
            grantee ->
                grantee != null
                    && Optional.ofNullable(grantee.uri())
                        .filter(PUBLIC_GROUPS::contains)
                        .isPresent());
  }

  private static AwsException notImplemented() {
    return S3Error.NOT_IMPLEMENTED.because(
        "ACLs that grant to others than the bucket's owner are not implemented: grant by a bucket"
            + " policy.");
  }
}
