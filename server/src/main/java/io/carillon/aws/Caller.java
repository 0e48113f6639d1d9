package io.carillon.aws;

import io.carillon.base.AccountId;
import io.carillon.base.Arn;
import io.carillon.base.Region;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The caller of the current request, with the request's values for policy conditions.
///
/// @param account the caller's own, which owns the resources of unqualified names
/// @param region from the signature's credential scope
/// @param session the terms of the caller's temporary credentials
/// @param requestId sent as `x-amz-request-id` or `x-amzn-RequestId`
/// @param hostId sent as S3's `x-amz-id-2`
/// @param sessionExpires when the temporary credentials end; [Instant#MAX] for long-term keys
/// @param accessKeyId the key that signed; empty for anonymous callers
/// @param signing how the request was signed
/// @param host of the request, with its port; the whole public URL where the host is the public
///   one; empty where the request had none
/// @param traceHeader the X-Ray trace of the request (`X-Amzn-Trace-Id`); null for none
public record Caller(
    Principal principal,
    AccountId account,
    Region region,
    SessionTerms session,
    String requestId,
    String hostId,
    String sourceAddress,
    boolean secureTransport,
    String userAgent,
    Instant time,
    Instant sessionExpires,
    String accessKeyId,
    Signing signing,
    String host,
    @Nullable String traceHeader) {

  private static final Pattern HOST =
      Pattern.compile("([A-Za-z0-9][A-Za-z0-9._-]*|\\[[0-9A-Fa-f:.]+])(:[0-9]{1,5})?");

  /// A caller without a signed request, or one that acts for a service internally.
  public Caller(
      Principal principal,
      AccountId account,
      Region region,
      List<String> sessionPolicies,
      String requestId,
      String hostId,
      String sourceAddress,
      boolean secureTransport,
      String userAgent,
      Instant time,
      Instant sessionExpires,
      String accessKeyId) {
    this(
        principal,
        account,
        region,
        SessionTerms.ofPolicies(sessionPolicies),
        requestId,
        hostId,
        sourceAddress,
        secureTransport,
        userAgent,
        time,
        sessionExpires,
        accessKeyId,
        Signing.NONE,
        "",
        null);
  }

  /// The server's address as this caller uses it, such as `http://localhost:4566`, for responses to
  /// this caller. The caller chooses it: it must not be stored, nor sent to anyone else. Empty
  /// where the request had no host or did not come over HTTP.
  public Optional<String> origin() {
    if (host.contains("://")) {
      return Optional.of(host);
    }
    return HOST.matcher(host).matches()
        ? Optional.of((secureTransport ? "https://" : "http://") + host)
        : Optional.empty();
  }

  /// Whether the request is for one region: only Signature Version 4 names one.
  public boolean boundToRegion() {
    return !(principal instanceof Principal.Anonymous) && signing.namesRegion();
  }

  /// The ARN of a resource of this caller's account and region.
  public Arn arn(String service, String resource) {
    return Arn.of(service, region, account, resource);
  }
}
