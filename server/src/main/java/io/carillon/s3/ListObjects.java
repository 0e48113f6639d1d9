package io.carillon.s3;

import io.carillon.aws.Caller;
import io.carillon.aws.Need;
import io.carillon.aws.Operations.WithHeaders;
import io.carillon.base.Arn;
import io.carillon.base.Reservation;
import io.carillon.s3.model.Bucket;
import io.carillon.s3.model.Buckets;
import io.carillon.s3.model.Etags;
import io.carillon.s3.model.Listing;
import io.carillon.s3.model.Listing.After;
import io.carillon.s3.model.ObjectListing;
import io.carillon.s3.model.ObjectVersion;
import io.carillon.s3.model.OwnerId;
import io.carillon.s3.model.Paging;
import io.carillon.s3.model.S3Error;
import io.carillon.s3.model.VersionListing;
import io.carillon.s3.model.Versions;
import io.carillon.store.Database;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.SdkPojo;
import software.amazon.awssdk.services.s3.model.DeleteMarkerEntry;
import software.amazon.awssdk.services.s3.model.ListObjectVersionsRequest;
import software.amazon.awssdk.services.s3.model.ListObjectVersionsResponse;
import software.amazon.awssdk.services.s3.model.ListObjectsRequest;
import software.amazon.awssdk.services.s3.model.ListObjectsResponse;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Request;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.Owner;
import software.amazon.awssdk.services.s3.model.S3Object;

/// ListObjects, ListObjectsV2 and ListObjectVersions.
final class ListObjects {
  /// The memory for the row of a version, its entry and its XML; keys have up to 1,024 bytes.
  private static final int ENTRY_BYTES = 3 << 10;

  private final Database database;
  private final Buckets buckets;
  private final Versions versions;

  ListObjects(Database database, Buckets buckets, Versions versions) {
    this.database = database;
    this.buckets = buckets;
    this.versions = versions;
  }

  static List<Need> needs(ListObjectsRequest r) {
    return List.of(need("s3:ListBucket", r.bucket(), r.prefix(), r.delimiter(), r.maxKeys()));
  }

  static List<Need> needs(ListObjectsV2Request r) {
    return List.of(need("s3:ListBucket", r.bucket(), r.prefix(), r.delimiter(), r.maxKeys()));
  }

  static List<Need> needs(ListObjectVersionsRequest r) {
    return List.of(
        need("s3:ListBucketVersions", r.bucket(), r.prefix(), r.delimiter(), r.maxKeys()));
  }

  WithHeaders listV1(Caller caller, ListObjectsRequest input) {
    KeyEncoding encoding = KeyEncoding.of(input.encodingTypeAsString());
    Paging paging = paging(input.prefix(), input.delimiter(), input.maxKeys());
    After after = After.key(input.marker(), paging);
    Page page = list(caller, input.bucket(), input.expectedBucketOwner(), paging, after);
    ListObjectsResponse.Builder response =
        ListObjectsResponse.builder()
            .name(input.bucket())
            .prefix(encoding.encode(paging.prefix()))
            .marker(encoding.encode(input.marker() == null ? "" : input.marker()))
            .maxKeys(paging.maxKeys())
            .delimiter(encoding.encodeOptional(paging.delimiter()))
            .encodingType(input.encodingTypeAsString())
            .isTruncated(page.listing().truncated())
            .contents(contents(page, encoding, true))
            .commonPrefixes(encoding.commonPrefixes(page.listing()));
    if (page.listing().truncated() && paging.delimiter() != null) {
      response.nextMarker(encoding.encode(page.listing().entries().getLast().text()));
    }
    return page.withRegion(response.build());
  }

  WithHeaders listV2(Caller caller, ListObjectsV2Request input) {
    KeyEncoding encoding = KeyEncoding.of(input.encodingTypeAsString());
    Paging paging = paging(input.prefix(), input.delimiter(), input.maxKeys());
    After after =
        input.continuationToken() == null
            ? After.key(input.startAfter(), paging)
            : fromToken(input.continuationToken());
    Page page = list(caller, input.bucket(), input.expectedBucketOwner(), paging, after);
    ListObjectsV2Response.Builder response =
        ListObjectsV2Response.builder()
            .name(input.bucket())
            .prefix(encoding.encode(paging.prefix()))
            .startAfter(encoding.encodeOptional(input.startAfter()))
            .continuationToken(input.continuationToken())
            .maxKeys(paging.maxKeys())
            .delimiter(encoding.encodeOptional(paging.delimiter()))
            .encodingType(input.encodingTypeAsString())
            .keyCount(page.listing().entries().size())
            .isTruncated(page.listing().truncated())
            .contents(contents(page, encoding, Boolean.TRUE.equals(input.fetchOwner())))
            .commonPrefixes(encoding.commonPrefixes(page.listing()));
    if (page.listing().truncated()) {
      response.nextContinuationToken(toToken(After.entry(page.listing().entries().getLast())));
    }
    return page.withRegion(response.build());
  }

  ListObjectVersionsResponse versions(Caller caller, ListObjectVersionsRequest input) {
    KeyEncoding encoding = KeyEncoding.of(input.encodingTypeAsString());
    Paging paging = paging(input.prefix(), input.delimiter(), input.maxKeys());
    String keyMarker = input.keyMarker() == null ? "" : input.keyMarker();
    if (keyMarker.isEmpty() && input.versionIdMarker() != null) {
      throw S3Error.INVALID_ARGUMENT
          .because("A version-id marker cannot be specified without a key marker.")
          .with("ArgumentName", "version-id-marker")
          .with("ArgumentValue", input.versionIdMarker());
    }
    if ("".equals(input.versionIdMarker())) {
      throw S3Error.INVALID_ARGUMENT
          .because("A version-id marker cannot be empty.")
          .with("ArgumentName", "version-id-marker")
          .with("ArgumentValue", "");
    }
    VersionListing.Marker marker =
        keyMarker.isEmpty() ? null : new VersionListing.Marker(keyMarker, input.versionIdMarker());
    record Read(Bucket bucket, Listing<VersionListing.Version> listing) {}
    Read read =
        database.read(
            snapshot -> {
              Bucket bucket =
                  buckets.require(snapshot, caller, input.bucket(), input.expectedBucketOwner());
              return new Read(
                  bucket, VersionListing.of(versions, snapshot, bucket, paging, marker));
            });
    ListObjectVersionsResponse.Builder response =
        ListObjectVersionsResponse.builder()
            .name(input.bucket())
            .prefix(encoding.encode(paging.prefix()))
            .keyMarker(encoding.encode(keyMarker))
            .versionIdMarker(input.versionIdMarker() == null ? "" : input.versionIdMarker())
            .maxKeys(paging.maxKeys())
            .delimiter(encoding.encodeOptional(paging.delimiter()))
            .encodingType(input.encodingTypeAsString())
            .isTruncated(read.listing().truncated());
    addVersions(response, read.bucket(), read.listing(), encoding);
    return response.build();
  }

  /// A bucket with a page of its keys.
  private record Page(Bucket bucket, Listing<ObjectVersion> listing) {
    /// Adds the region in a header that the SDK models of listings lack.
    WithHeaders withRegion(SdkPojo output) {
      return new WithHeaders(output, Map.of("x-amz-bucket-region", bucket.region()));
    }
  }

  private Page list(
      Caller caller, String bucketName, @Nullable String owner, Paging paging, After after) {
    return database.read(
        snapshot -> {
          Bucket bucket = buckets.require(snapshot, caller, bucketName, owner);
          return new Page(bucket, ObjectListing.of(versions, snapshot, bucketName, paging, after));
        });
  }

  private static List<S3Object> contents(Page page, KeyEncoding encoding, boolean withOwner) {
    List<S3Object> objects = new ArrayList<>();
    for (Listing.Entry<ObjectVersion> entry : page.listing().entries()) {
      if (entry instanceof Listing.Item<ObjectVersion>(String key, ObjectVersion version)) {
        S3Object.Builder object =
            S3Object.builder()
                .key(encoding.encode(key))
                .lastModified(version.modified())
                .eTag(Etags.quoted(version.etag()))
                .size(version.sizeBytes())
                .storageClass(version.description().storageClass().name());
        version
            .findChecksum()
            .ifPresent(
                checksum ->
                    object
                        .checksumAlgorithmWithStrings(checksum.algorithm().name())
                        .checksumType(checksum.type().name()));
        if (withOwner) {
          object.owner(owner(page.bucket()));
        }
        objects.add(object.build());
      }
    }
    return objects;
  }

  private static void addVersions(
      ListObjectVersionsResponse.Builder response,
      Bucket bucket,
      Listing<VersionListing.Version> listing,
      KeyEncoding encoding) {
    List<software.amazon.awssdk.services.s3.model.ObjectVersion> found = new ArrayList<>();
    List<DeleteMarkerEntry> markers = new ArrayList<>();
    for (Listing.Entry<VersionListing.Version> entry : listing.entries()) {
      switch (entry) {
        case Listing.CommonPrefix<VersionListing.Version> _ -> {}
        case Listing.Item<VersionListing.Version>(
                String key,
                VersionListing.Version(ObjectVersion version, boolean latest))
            when version.deleteMarker() ->
            markers.add(
                DeleteMarkerEntry.builder()
                    .key(encoding.encode(key))
                    .versionId(version.versionId())
                    .isLatest(latest)
                    .lastModified(version.modified())
                    .owner(owner(bucket))
                    .build());
        case Listing.Item<VersionListing.Version>(
                String key,
                VersionListing.Version(ObjectVersion version, boolean latest)) -> {
          var one =
              software.amazon.awssdk.services.s3.model.ObjectVersion.builder()
                  .key(encoding.encode(key))
                  .versionId(version.versionId())
                  .isLatest(latest)
                  .lastModified(version.modified())
                  .eTag(Etags.quoted(version.etag()))
                  .size(version.sizeBytes())
                  .storageClass(version.description().storageClass().name())
                  .owner(owner(bucket));
          version
              .findChecksum()
              .ifPresent(
                  checksum ->
                      one.checksumAlgorithmWithStrings(checksum.algorithm().name())
                          .checksumType(checksum.type().name()));
          found.add(one.build());
        }
      }
    }
    response
        .versions(found)
        .deleteMarkers(markers)
        .commonPrefixes(encoding.commonPrefixes(listing));
    if (listing.truncated()) {
      Listing.Entry<VersionListing.Version> last = listing.entries().getLast();
      response.nextKeyMarker(encoding.encode(last.text()));
      if (last instanceof Listing.Item<VersionListing.Version> version) {
        response.nextVersionIdMarker(version.item().version().versionId());
      }
    }
  }

  private static Owner owner(Bucket bucket) {
    return Owner.builder().id(OwnerId.canonical(bucket.owner())).build();
  }

  private static Need need(
      String action,
      String bucket,
      @Nullable String prefix,
      @Nullable String delimiter,
      @Nullable Integer maxKeys) {
    return Need.of(action, Arn.bucket(bucket))
        .with("s3:prefix", prefix == null ? "" : prefix)
        .with("s3:delimiter", delimiter)
        .with("s3:max-keys", maxKeys);
  }

  /// A token holds the end of the last page and whether that was a common prefix.
  private static String toToken(After after) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(
            ((after.wholePrefix() ? "p" : "k") + after.text()).getBytes(StandardCharsets.UTF_8));
  }

  private static After fromToken(String token) {
    try {
      String text = new String(Base64.getUrlDecoder().decode(token), StandardCharsets.UTF_8);
      if (text.length() > 1 && (text.charAt(0) == 'p' || text.charAt(0) == 'k')) {
        return new After(text.substring(1), text.charAt(0) == 'p');
      }
    } catch (IllegalArgumentException notBase64) {
      // refused below, like any other invalid token
    }
    throw S3Error.INVALID_ARGUMENT
        .because("The continuation token provided is incorrect")
        .with("ArgumentName", "continuation-token");
  }

  /// The paging parameters, with memory reserved for a page.
  private static Paging paging(
      @Nullable String prefix, @Nullable String delimiter, @Nullable Integer maxKeys) {
    Paging paging = Paging.of(prefix, delimiter, maxKeys);
    Reservation.current().take((long) paging.maxKeys() * ENTRY_BYTES);
    return paging;
  }
}
