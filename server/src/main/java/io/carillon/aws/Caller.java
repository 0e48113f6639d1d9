package io.carillon.aws;

import io.carillon.base.AccountId;
import io.carillon.base.Arn;
import io.carillon.base.Region;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The caller of the request at hand, and what policies may ask about it.
///
/// @param account whose resources unqualified names mean: the caller's own
/// @param region from the signature's credential scope
/// @param session what the caller's temporary credentials carry
/// @param requestId answered as `x-amz-request-id` or `x-amzn-RequestId`
/// @param hostId answered as S3's `x-amz-id-2`
/// @param sessionExpires when the temporary credentials end; [Instant#MAX] for lasting keys
/// @param accessKeyId the key that signed; empty for anonymous callers
/// @param signing how the request was signed
/// @param host by which the request named this server, with its port; the whole public URL where it
///   is that; empty where the request named none
/// @param traceHeader the X-Ray trace that the request belongs to (`X-Amzn-Trace-Id`); null for
///   none
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

  private static final ScopedValue<Caller> CURRENT = ScopedValue.newInstance();

  /// A caller whose request nobody signed, or who acts for a service inside.
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

  /// Where this caller reaches the server, such as `http://localhost:4566`, for what is answered to
  /// this caller. Whoever asks says so himself: it must not be kept, nor sent to anyone else. Empty
  /// where nobody asked over HTTP, or not for a host.
  public Optional<String> origin() {
    if (host.contains("://")) {
      return Optional.of(host);
    }
    return HOST.matcher(host).matches()
        ? Optional.of((secureTransport ? "https://" : "http://") + host)
        : Optional.empty();
  }

  /// Whether the request is for one region: nothing but Signature Version 4 says so.
  public boolean boundToRegion() {
    return !(principal instanceof Principal.Anonymous) && signing.namesRegion();
  }

  /// The caller of the request that this thread answers.
  public static Caller current() {
    return CURRENT.get();
  }

  /// Runs `action` as this caller.
  public <T> T call(ScopedValue.CallableOp<T, Exception> action) throws Exception {
    return ScopedValue.where(CURRENT, this).call(action);
  }

  /// The ARN of a resource of this caller's account and region.
  public Arn arn(String service, String resource) {
    return Arn.of(service, region, account, resource);
  }
}
