package io.carillon.s3;

import io.carillon.aws.Caller;
import io.carillon.aws.Principal;
import io.carillon.http.Request;
import io.carillon.http.Response;
import io.carillon.s3.model.ByteRange;
import io.carillon.s3.model.Etags;
import io.carillon.s3.model.ObjectKey;
import io.carillon.s3.model.ObjectVersion;
import io.carillon.s3.model.Part;
import io.carillon.s3.model.ReadPreconditions;
import io.carillon.s3.model.ReadPreconditions.Result;
import io.carillon.s3.model.S3Error;
import io.carillon.s3.model.StoredChecksum;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.SdkField;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.HeadObjectRequest;

/// GetObject and HeadObject.
final class GetObject {
  private final ReadObject objects;

  GetObject(ReadObject objects) {
    this.objects = objects;
  }

  /// The members that both requests have.
  ///
  /// @param overrides response headers that replace the object's own, by lower-case name
  private record ReadRequest(
      ObjectKey key,
      ReadPreconditions conditions,
      @Nullable String range,
      @Nullable Integer partNumber,
      boolean checksumMode,
      Map<String, String> overrides) {}

  Response get(Caller caller, GetObjectRequest input, Request http) throws IOException {
    return response(caller, input, http, true);
  }

  Response head(Caller caller, HeadObjectRequest input, Request http) throws IOException {
    return response(caller, asGet(input), http, false);
  }

  /// GetObject has all members of HeadObject.
  private static GetObjectRequest asGet(HeadObjectRequest head) {
    GetObjectRequest.Builder get = GetObjectRequest.builder();
    Map<String, SdkField<?>> fields = get.sdkFieldNameToField();
    for (SdkField<?> field : head.sdkFields()) {
      Objects.requireNonNull(fields.get(field.locationName()))
          .set(get, field.getValueOrDefault(head));
    }
    return get.build();
  }

  private Response response(Caller caller, GetObjectRequest input, Request http, boolean withBody)
      throws IOException {
    ReadRequest read =
        new ReadRequest(
            new ObjectKey(input.key()),
            new ReadPreconditions(
                input.ifMatch(),
                input.ifUnmodifiedSince(),
                input.ifNoneMatch(),
                input.ifModifiedSince(),
                caller.time()),
            input.range(),
            input.partNumber(),
            input.checksumMode() != null,
            overrides(input));
    require(caller, read);
    ReadObject.Found found =
        objects.find(
            caller,
            input.bucket(),
            read.key(),
            input.versionId(),
            input.expectedBucketOwner(),
            withBody);
    return response(read, found, http, withBody);
  }

  private static void require(Caller caller, ReadRequest read) {
    if (read.range() != null && read.partNumber() != null) {
      throw S3Error.INVALID_REQUEST.because(
          "Cannot specify both Range header and partNumber query parameter");
    }
    if (!read.overrides().isEmpty() && caller.principal() instanceof Principal.Anonymous) {
      throw S3Error.INVALID_REQUEST.because(
          "Request specific response headers cannot be used for anonymous GET requests.");
    }
  }

  private Response response(
      ReadRequest read, ReadObject.Found found, Request http, boolean withBody) throws IOException {
    ObjectVersion version = found.version();
    switch (read.conditions().evaluate(version)) {
      case Result.Proceed() -> {}
      case Result.NotModified() -> {
        Response response =
            Response.of(304)
                .header("ETag", Etags.quoted(version.etag()))
                .header("Last-Modified", RequestMetadata.httpDate(version.modified()));
        ObjectHeaders.addVersionId(response, found.bucket(), version);
        return response;
      }
      case Result.Failed(String condition) ->
          throw S3Error.PRECONDITION_FAILED.with("Condition", condition);
    }
    if (withBody) {
      ReadObject.requireReadable(version);
    }
    Optional<Selection> selected = select(read, found, http);
    Response response =
        ObjectHeaders.read(
            selected.isPresent() ? 206 : 200, found.bucket(), version, read.overrides());
    ByteRange range = selected.map(Selection::range).orElse(new ByteRange(0, version.sizeBytes()));
    selected.ifPresent(
        selection -> {
          response.header("Content-Range", selection.range().contentRange(version.sizeBytes()));
          if (selection.partsCount() > 0) {
            response.header("x-amz-mp-parts-count", String.valueOf(selection.partsCount()));
          }
        });
    if (read.checksumMode()) {
      Part part = selected.map(Selection::part).orElse(null);
      if (part != null) {
        addChecksum(response, part, version);
      } else if (range.lengthBytes() == version.sizeBytes()) {
        ObjectHeaders.addChecksum(response, version.checksum());
      }
    }
    return response.withContent(
        withBody
            ? content(found, range)
            : new Response.Content.Stream(InputStream.nullInputStream(), range.lengthBytes()));
  }

  /// A part has the checksum of its own bytes, with the checksum type of the whole object.
  private static void addChecksum(Response response, Part part, ObjectVersion version) {
    StoredChecksum own = part.checksum();
    if (own != null) {
      StoredChecksum.Type type = version.findChecksum().orElse(own).type();
      ObjectHeaders.addChecksum(response, new StoredChecksum(own.algorithm(), own.value(), type));
    }
  }

  /// The requested range or part of an object.
  ///
  /// @param part the part; null for a range
  /// @param partsCount the number of parts; zero if it is not returned
  private record Selection(ByteRange range, @Nullable Part part, int partsCount) {}

  private static Optional<Selection> select(
      ReadRequest read, ReadObject.Found found, Request http) {
    long size = found.version().sizeBytes();
    if (read.partNumber() != null) {
      return selectPart(read.partNumber(), found);
    }
    String condition = http.headers().first("If-Range");
    if (condition != null && !holds(condition, found.version())) {
      return Optional.empty();
    }
    return ByteRange.parse(read.range(), size).map(range -> new Selection(range, null, 0));
  }

  /// With `If-Range`, the range applies only if the object is unchanged; else the whole object is
  /// returned.
  private static boolean holds(String ifRange, ObjectVersion version) {
    return ifRange.startsWith("\"")
        ? Etags.unquoted(ifRange).equals(version.etag())
        : ifRange.equals(RequestMetadata.httpDate(version.modified()));
  }

  private static Optional<Selection> selectPart(int number, ReadObject.Found found) {
    if (number < 1 || number > 10_000) {
      throw S3Error.INVALID_ARGUMENT
          .because("Part number must be an integer between 1 and 10000, inclusive")
          .with("ArgumentName", "partNumber")
          .with("ArgumentValue", String.valueOf(number));
    }
    List<Part> parts = found.parts();
    long size = found.version().sizeBytes();
    if (number > Math.max(1, parts.size())) {
      throw S3Error.INVALID_PART_NUMBER
          .with("PartNumberRequested", String.valueOf(number))
          .with("ActualPartCount", String.valueOf(Math.max(1, parts.size())));
    }
    if (parts.isEmpty()) {
      return size == 0
          ? Optional.empty()
          : Optional.of(new Selection(new ByteRange(0, size), null, 0));
    }
    long offset =
        parts.subList(0, number - 1).stream().mapToLong(p -> p.content().sizeBytes()).sum();
    Part part = parts.get(number - 1);
    return Optional.of(
        new Selection(new ByteRange(offset, part.content().sizeBytes()), part, parts.size()));
  }

  private Response.Content content(ReadObject.Found found, ByteRange range) throws IOException {
    byte[] bytes = found.content().bytes();
    if (bytes != null && range.lengthBytes() == bytes.length) {
      return new Response.Content.Bytes(bytes);
    }
    return new Response.Content.Stream(
        objects.open(found, range.offset(), range.lengthBytes()), range.lengthBytes());
  }

  private static Map<String, String> overrides(GetObjectRequest input) {
    Map<String, String> overrides = new LinkedHashMap<>();
    put(overrides, "content-type", input.responseContentType());
    put(overrides, "cache-control", input.responseCacheControl());
    put(overrides, "content-disposition", input.responseContentDisposition());
    put(overrides, "content-encoding", input.responseContentEncoding());
    put(overrides, "content-language", input.responseContentLanguage());
    Instant expires = input.responseExpires();
    put(overrides, "expires", expires == null ? null : RequestMetadata.httpDate(expires));
    return overrides;
  }

  private static void put(Map<String, String> overrides, String name, @Nullable String value) {
    if (value != null) {
      overrides.put(name, RequestMetadata.requireHeaderValue(name, value));
    }
  }
}
