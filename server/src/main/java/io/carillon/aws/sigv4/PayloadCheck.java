package io.carillon.aws.sigv4;

import io.carillon.http.Headers;
import io.carillon.http.Request;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Verifies a body against its headers.
final class PayloadCheck {
  private static final String HEADER = "x-amz-content-sha256";
  private static final String UNSIGNED = "UNSIGNED-PAYLOAD";

  private PayloadCheck() {}

  /// The value that S3's signature has in place of the body's hash.
  static String headOf(Request http, SignatureErrors.Form form) {
    Optional<String> header = http.headers().find(HEADER);
    return switch (form) {
      case HEADER ->
          header.orElseThrow(
              () ->
                  S3SignatureError.INVALID_REQUEST.because(
                      "Missing required header for this request: " + HEADER));
      case QUERY ->
          header
              .or(() -> RawQuery.of(http.rawQuery()).first(PresignedQuery.CONTENT_SHA256))
              .orElse(UNSIGNED);
    };
  }

  static Request ofAnonymous(Request http) {
    return of(http, http.headers().find(HEADER).orElse(UNSIGNED), null);
  }

  /// @param signatures of the chunks; null for unsigned requests
  static Request of(Request http, String payloadHash, @Nullable ChunkSignatures signatures) {
    Payload payload =
        Payload.tryParse(payloadHash)
            .orElseThrow(
                () ->
                    S3SignatureError.INVALID_ARGUMENT
                        .because(
                            HEADER
                                + " must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER,"
                                + " STREAMING-AWS4-HMAC-SHA256-PAYLOAD,"
                                + " STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid sha256"
                                + " value.")
                        .with("ArgumentName", HEADER)
                        .with("ArgumentValue", payloadHash));
    return switch (payload) {
      case Payload.Unsigned() -> http;
      case Payload.Hashed(String hex) -> http.withBody(HashedBody.of(http.body(), hex));
      case Payload.Chunked(boolean signed, boolean trailer) -> {
        if (signed && signatures == null) {
          throw S3SignatureError.INVALID_REQUEST.because(
              "Signed chunks need a signed request: " + payloadHash);
        }
        yield withoutFraming(http, signed ? signatures : null, trailer);
      }
    };
  }

  private static Request withoutFraming(
      Request http, @Nullable ChunkSignatures signatures, boolean trailer) {
    String length =
        http.headers()
            .find("x-amz-decoded-content-length")
            .orElseThrow(S3SignatureError.MISSING_CONTENT_LENGTH::exception);
    Set<String> declared = trailer ? declaredTrailers(http.headers()) : Set.of();
    ChunkedBody body = new ChunkedBody(http.body(), decodedLength(length), signatures, declared);
    return new Request(
        http.method(),
        http.rawPath(),
        http.rawQuery(),
        withoutAwsChunked(http.headers()),
        body,
        http.socket(),
        http.secure());
  }

  private static long decodedLength(String text) {
    return Payload.lengthOf(text)
        .orElseThrow(
            () ->
                S3SignatureError.INVALID_ARGUMENT
                    .because("x-amz-decoded-content-length must be a non-negative number")
                    .with("ArgumentName", "x-amz-decoded-content-length")
                    .with("ArgumentValue", text));
  }

  private static Set<String> declaredTrailers(Headers headers) {
    Set<String> names =
        headers.all("x-amz-trailer").stream()
            .flatMap(value -> Arrays.stream(value.split(",")))
            .map(name -> name.trim().toLowerCase(Locale.ROOT))
            .filter(name -> !name.isEmpty())
            .collect(Collectors.toCollection(LinkedHashSet::new));
    for (String name : names) {
      if (!name.startsWith("x-amz-checksum-")) {
        throw S3SignatureError.INVALID_REQUEST.because(
            "The value specified in the x-amz-trailer header is not supported: " + name);
      }
    }
    return names;
  }

  /// `aws-chunked` is a transfer framing, not an encoding of the content: S3 stores only the other
  /// encodings.
  static Headers withoutAwsChunked(Headers headers) {
    Headers kept = new Headers();
    headers.forEach(
        (name, value) -> {
          if (!name.equalsIgnoreCase("content-encoding")) {
            kept.add(name, value);
            return;
          }
          String rest =
              Arrays.stream(value.split(","))
                  .map(String::trim)
                  .filter(encoding -> !encoding.equalsIgnoreCase("aws-chunked"))
                  .filter(encoding -> !encoding.isEmpty())
                  .collect(Collectors.joining(","));
          if (!rest.isEmpty()) {
            kept.add(name, rest);
          }
        });
    return kept;
  }
}
