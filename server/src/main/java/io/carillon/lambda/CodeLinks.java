package io.carillon.lambda;

import io.carillon.aws.Caller;
import io.carillon.http.Handler;
import io.carillon.http.Request;
import io.carillon.http.Response;
import io.carillon.lambda.FunctionVersion.Deployment;
import io.carillon.store.Blobs;
import io.carillon.store.Blobs.BlobRef;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/// Links by which callers of GetFunction download a deployment package. As on AWS, a link needs no
/// request signature and expires after ten minutes. It carries an HMAC under a key that lives as
/// long as this process.
public final class CodeLinks implements Handler {
  /// The path prefix under which `Server` mounts this handler.
  public static final String PATH = "/_lambda/code/";

  private static final Duration LIFETIME = Duration.ofMinutes(10);
  private static final Pattern LINK =
      Pattern.compile(
          Pattern.quote(PATH)
              + "(?<blob>[A-Za-z0-9_-]+)/(?<size>[0-9]{1,18})/(?<expires>[0-9]{1,18})/(?<seal>[0-9a-f]{64})");

  private final Blobs blobs;
  private final Supplier<URI> endpoint;
  private final InstantSource clock;
  private final SecretKeySpec key;

  CodeLinks(Blobs blobs, Supplier<URI> endpoint, InstantSource clock) {
    this.blobs = blobs;
    this.endpoint = endpoint;
    this.clock = clock;
    byte[] secret = new byte[32];
    new SecureRandom().nextBytes(secret);
    this.key = new SecretKeySpec(secret, "HmacSHA256");
  }

  /// Returns a link on the host that the caller's request named.
  URI to(Caller caller, Deployment deployment) {
    String blob = hex(deployment.archive().id().getBytes(StandardCharsets.UTF_8));
    String size = Long.toString(deployment.archive().sizeBytes());
    String expires = Long.toString(clock.instant().plus(LIFETIME).getEpochSecond());
    String seal = hex(seal(blob, size, expires));
    String origin = caller.origin().orElseGet(() -> endpoint.get().toString());
    return URI.create(origin + PATH + String.join("/", blob, size, expires, seal));
  }

  @Override
  public Response handle(Request request) throws IOException {
    Matcher link = LINK.matcher(request.rawPath());
    if (!request.method().equals("GET") || !link.matches()) {
      return Response.text(404, "Not found.\n");
    }
    byte[] seal = seal(link.group("blob"), link.group("size"), link.group("expires"));
    boolean valid = MessageDigest.isEqual(seal, HexFormat.of().parseHex(link.group("seal")));
    // The signature is checked before the expiry is parsed: a forged link may hold an invalid
    // number.
    if (!valid || isExpired(Long.parseLong(link.group("expires")))) {
      return Response.text(403, "This link is invalid or has expired.\n");
    }
    String id = new String(HexFormat.of().parseHex(link.group("blob")), StandardCharsets.UTF_8);
    BlobRef blob = new BlobRef(id, Long.parseLong(link.group("size")));
    return Response.of(200)
        .header("Content-Type", "application/zip")
        .withContent(
            new Response.Content.Stream(blobs.open(blob, 0, blob.sizeBytes()), blob.sizeBytes()));
  }

  private boolean isExpired(long epochSecond) {
    return clock.instant().getEpochSecond() >= epochSecond;
  }

  private byte[] seal(String... parts) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(key);
      return mac.doFinal(String.join("/", parts).getBytes(StandardCharsets.UTF_8));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }
}
