package io.carillon.aws.protocol;

/// The ids by which people find a request again.
///
/// @param hostId S3's second one, `x-amz-id-2`
public record RequestIds(String requestId, String hostId) {}
