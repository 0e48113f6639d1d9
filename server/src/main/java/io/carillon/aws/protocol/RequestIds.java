package io.carillon.aws.protocol;

/// The ids that identify a request in logs and responses.
///
/// @param hostId S3's second one, `x-amz-id-2`
public record RequestIds(String requestId, String hostId) {}
