package io.carillon.s3.model;

import org.jspecify.annotations.Nullable;

/// One part of a multipart upload or of the completed object.
///
/// @param etag the MD5 of its bytes, in hexadecimal digits
/// @param checksum of the part's bytes; null in an object whose upload named no algorithm
public record Part(
    int number, ContentRef content, String etag, @Nullable StoredChecksum checksum) {}
