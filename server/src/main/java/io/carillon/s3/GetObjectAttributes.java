package io.carillon.s3;

import io.carillon.aws.Caller;
import io.carillon.aws.Need;
import io.carillon.aws.Operations.WithHeaders;
import io.carillon.base.Arn;
import io.carillon.s3.model.Bucket;
import io.carillon.s3.model.ObjectKey;
import io.carillon.s3.model.ObjectVersion;
import io.carillon.s3.model.OwnerId;
import io.carillon.s3.model.Paging;
import io.carillon.s3.model.Part;
import io.carillon.s3.model.S3Error;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import software.amazon.awssdk.core.SdkPojo;
import software.amazon.awssdk.services.s3.model.Checksum;
import software.amazon.awssdk.services.s3.model.GetObjectAclRequest;
import software.amazon.awssdk.services.s3.model.GetObjectAclResponse;
import software.amazon.awssdk.services.s3.model.GetObjectAttributesParts;
import software.amazon.awssdk.services.s3.model.GetObjectAttributesRequest;
import software.amazon.awssdk.services.s3.model.GetObjectAttributesResponse;
import software.amazon.awssdk.services.s3.model.ObjectAttributes;
import software.amazon.awssdk.services.s3.model.ObjectPart;
import software.amazon.awssdk.services.s3.model.PutObjectAclRequest;
import software.amazon.awssdk.services.s3.model.PutObjectAclResponse;

/// GetObjectAttributes, GetObjectAcl and PutObjectAcl.
final class GetObjectAttributes {
  private static final int MAX_PARTS = 1000;

  private final ReadObject objects;

  GetObjectAttributes(ReadObject objects) {
    this.objects = objects;
  }

  static List<Need> needs(GetObjectAttributesRequest r) {
    return List.of(
        Permissions.read(r.bucket(), r.key(), r.versionId()),
        Permissions.versioned("s3:GetObjectAttributes", r.bucket(), r.key(), r.versionId()));
  }

  GetObjectAttributesResponse attributes(Caller caller, GetObjectAttributesRequest input) {
    if (input.objectAttributes().isEmpty()
        || input.objectAttributes().contains(ObjectAttributes.UNKNOWN_TO_SDK_VERSION)) {
      throw S3Error.INVALID_ARGUMENT
          .because("Invalid attribute name specified.")
          .with("ArgumentName", "x-amz-object-attributes");
    }
    ReadObject.Found found =
        objects.find(
            caller,
            input.bucket(),
            new ObjectKey(input.key()),
            input.versionId(),
            input.expectedBucketOwner(),
            false);
    ObjectVersion version = found.version();
    GetObjectAttributesResponse.Builder response =
        GetObjectAttributesResponse.builder().lastModified(version.modified());
    if (found.bucket().everVersioned()) {
      response.versionId(version.versionId());
    }
    for (ObjectAttributes attribute : input.objectAttributes()) {
      switch (attribute) {
        case E_TAG -> response.eTag(version.etag());
        case OBJECT_SIZE -> response.objectSize(version.sizeBytes());
        case STORAGE_CLASS -> response.storageClass(version.description().storageClass().name());
        case CHECKSUM ->
            version
                .findChecksum()
                .ifPresent(
                    checksum -> {
                      Checksum.Builder shown =
                          Checksum.builder().checksumType(checksum.type().name());
                      ModelChecksums.set(shown, checksum);
                      response.checksum(shown.build());
                    });
        case OBJECT_PARTS -> {
          if (!found.parts().isEmpty()) {
            response.objectParts(parts(input, found.parts()));
          }
        }
        case UNKNOWN_TO_SDK_VERSION -> throw new IllegalStateException("refused above");
      }
    }
    return response.build();
  }

  WithHeaders acl(Caller caller, GetObjectAclRequest input) {
    ReadObject.Found found =
        objects.find(
            caller,
            input.bucket(),
            new ObjectKey(input.key()),
            input.versionId(),
            input.expectedBucketOwner(),
            false);
    return withVersionId(
        GetObjectAclResponse.builder()
            .owner(o -> o.id(OwnerId.canonical(found.bucket().owner())))
            .grants(AccessControlLists.fullControl(found.bucket()))
            .build(),
        found);
  }

  /// Accepts only the ACL that the object already has.
  WithHeaders putAcl(Caller caller, PutObjectAclRequest input) {
    ReadObject.Found found =
        objects.findForAcl(
            caller,
            input.bucket(),
            new ObjectKey(input.key()),
            input.versionId(),
            input.expectedBucketOwner());
    Bucket bucket = found.bucket();
    AccessControlLists.requireForAcl(
        caller,
        bucket,
        Arn.object(bucket.name(), input.key()),
        "s3:PutObjectAcl",
        input,
        input.accessControlPolicy());
    return withVersionId(PutObjectAclResponse.builder().build(), found);
  }

  /// Adds the version id in a header that the SDK models of these operations lack.
  private static WithHeaders withVersionId(SdkPojo output, ReadObject.Found found) {
    return new WithHeaders(
        output,
        found.bucket().everVersioned()
            ? Map.of("x-amz-version-id", found.version().versionId())
            : Map.of());
  }

  /// Parts are listed if they have checksums, else only counted.
  ///
  /// Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectAttributes.html
  private static GetObjectAttributesParts parts(
      GetObjectAttributesRequest input, List<Part> parts) {
    if (parts.stream().allMatch(part -> part.checksum() == null)) {
      return GetObjectAttributesParts.builder().totalPartsCount(parts.size()).build();
    }
    int limit = Paging.limit("max-parts", input.maxParts(), MAX_PARTS);
    int after = input.partNumberMarker() == null ? 0 : input.partNumberMarker();
    List<ObjectPart> shown = new ArrayList<>();
    int last = after;
    boolean truncated = false;
    for (int number = after + 1; number <= parts.size(); number++) {
      if (shown.size() == limit) {
        truncated = true;
        break;
      }
      Part part = parts.get(number - 1);
      ObjectPart.Builder one =
          ObjectPart.builder().partNumber(number).size(part.content().sizeBytes());
      ModelChecksums.set(one, part.checksum());
      shown.add(one.build());
      last = number;
    }
    return GetObjectAttributesParts.builder()
        .totalPartsCount(parts.size())
        .partNumberMarker(after)
        .nextPartNumberMarker(last)
        .maxParts(limit)
        .isTruncated(truncated)
        .parts(shown)
        .build();
  }
}
