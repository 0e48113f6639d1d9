package io.carillon.s3;

import io.carillon.aws.CommonError;
import io.carillon.aws.ErrorDialect;
import io.carillon.aws.ServiceSpec;
import java.util.Map;
import java.util.Set;

/// What is S3's own in the protocol that it speaks.
final class S3Protocol {
  /// Root elements of responses whose members are directly in the body; the SDK's classes do not
  /// have them.
  ///
  /// Source: "Response Syntax" of each operation in
  /// https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
  private static final Map<String, String> ROOTS =
      Map.ofEntries(
          Map.entry("CompleteMultipartUpload", "CompleteMultipartUploadResult"),
          Map.entry("CreateMultipartUpload", "InitiateMultipartUploadResult"),
          Map.entry("CreateSession", "CreateSessionResult"),
          Map.entry("DeleteObjects", "DeleteResult"),
          Map.entry("GetBucketAccelerateConfiguration", "AccelerateConfiguration"),
          Map.entry("GetBucketAcl", "AccessControlPolicy"),
          Map.entry("GetBucketCors", "CORSConfiguration"),
          Map.entry("GetBucketLifecycleConfiguration", "LifecycleConfiguration"),
          Map.entry("GetBucketLogging", "BucketLoggingStatus"),
          Map.entry("GetBucketNotificationConfiguration", "NotificationConfiguration"),
          Map.entry("GetBucketRequestPayment", "RequestPaymentConfiguration"),
          Map.entry("GetBucketTagging", "Tagging"),
          Map.entry("GetBucketVersioning", "VersioningConfiguration"),
          Map.entry("GetBucketWebsite", "WebsiteConfiguration"),
          Map.entry("GetObjectAcl", "AccessControlPolicy"),
          Map.entry("GetObjectAttributes", "GetObjectAttributesResponse"),
          Map.entry("GetObjectTagging", "Tagging"),
          Map.entry("ListBucketAnalyticsConfigurations", "ListBucketAnalyticsConfigurationResult"),
          Map.entry(
              "ListBucketIntelligentTieringConfigurations",
              "ListBucketIntelligentTieringConfigurationsOutput"),
          Map.entry("ListBucketInventoryConfigurations", "ListInventoryConfigurationsResult"),
          Map.entry("ListBucketMetricsConfigurations", "ListMetricsConfigurationsResult"),
          Map.entry("ListBuckets", "ListAllMyBucketsResult"),
          Map.entry("ListDirectoryBuckets", "ListAllMyDirectoryBucketsResult"),
          Map.entry("ListObjectVersions", "ListVersionsResult"),
          Map.entry("ListObjects", "ListBucketResult"),
          Map.entry("ListObjectsV2", "ListBucketResult"));

  /// Operations other than deletions with status 204, which the model does not state.
  private static final Set<String> NO_CONTENT = Set.of("PutBucketPolicy", "PutBucketTagging");

  static final ServiceSpec.Wire.RestXml WIRE =
      new ServiceSpec.Wire.RestXml(
          "http://s3.amazonaws.com/doc/2006-03-01/", ROOTS, NO_CONTENT, errors());

  private S3Protocol() {}

  private static ErrorDialect errors() {
    return ErrorDialect.common()
        .map(
            CommonError.INTERNAL_FAILURE,
            "InternalError",
            500,
            "We encountered an internal error. Please try again.")
        .map(
            CommonError.INVALID_CLIENT_TOKEN_ID,
            "InvalidAccessKeyId",
            403,
            "The AWS Access Key Id you provided does not exist in our records.")
        .map(CommonError.INVALID_PARAMETER_VALUE, "InvalidArgument", 400, "Invalid Argument")
        .map(
            CommonError.REQUEST_ENTITY_TOO_LARGE,
            "MaxMessageLengthExceeded",
            400,
            "Your request was too big.")
        .map(
            CommonError.SERVICE_UNAVAILABLE,
            "ServiceUnavailable",
            503,
            "Service is unable to handle request.")
        .map(CommonError.THROTTLING, "SlowDown", 503, "Please reduce your request rate.")
        .map(CommonError.VALIDATION, "InvalidRequest", 400, "Invalid Request")
        .prefix(
            CommonError.SERIALIZATION,
            "MalformedXML",
            400,
            "The XML you provided was not well-formed or did not validate against our published"
                + " schema");
  }
}
