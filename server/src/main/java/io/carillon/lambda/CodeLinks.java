package io.carillon.lambda;

import io.carillon.aws.Caller;
import io.carillon.base.Sealer;
import io.carillon.base.Secret;
import io.carillon.http.Handler;
import io.carillon.http.Request;
import io.carillon.http.Response;
import io.carillon.lambda.FunctionVersion.Deployment;
import io.carillon.store.Blobs;
import io.carillon.store.Blobs.BlobRef;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Links by which callers of GetFunction download a deployment package. As on AWS, a link needs no
/// request signature and expires after ten minutes. It is sealed with the key of the installation,
/// so every node can follow it.
public final class CodeLinks implements Handler {
  /// The path prefix under which `Server` mounts this handler.
  public static final String PATH = "/_lambda/code/";

  private static final Duration LIFETIME = Duration.ofMinutes(10);
  private static final Pattern LINK = Pattern.compile(Pattern.quote(PATH) + "([A-Za-z0-9_-]+)");

  /// Tells links from whatever else is sealed with the key.
  private static final Pattern CONTENT =
      Pattern.compile("code-link (?<blob>\\S+) (?<size>[0-9]{1,18}) (?<expires>[0-9]{1,18})");

  private final Blobs blobs;
  private final Supplier<URI> endpoint;
  private final InstantSource clock;
  private final Sealer sealer;

  CodeLinks(Blobs blobs, Supplier<URI> endpoint, InstantSource clock, Sealer sealer) {
    this.blobs = blobs;
    this.endpoint = endpoint;
    this.clock = clock;
    this.sealer = sealer;
  }

  /// Returns a link on the host that the caller's request named.
  URI to(Caller caller, Deployment deployment) {
    BlobRef archive = deployment.archive();
    long expires = clock.instant().plus(LIFETIME).getEpochSecond();
    Secret content =
        new Secret("code-link %s %d %d".formatted(archive.id(), archive.sizeBytes(), expires));
    String origin = caller.origin().orElseGet(() -> endpoint.get().toString());
    return URI.create(
        origin
            + PATH
            + Base64.getUrlEncoder().withoutPadding().encodeToString(sealer.seal(content)));
  }

  @Override
  public Response handle(Request request) throws IOException {
    Matcher link = LINK.matcher(request.rawPath());
    if (!request.method().equals("GET") || !link.matches()) {
      return Response.text(404, "Not found.\n");
    }
    Optional<Matcher> content = open(link.group(1));
    if (content.isEmpty() || isExpired(Long.parseLong(content.get().group("expires")))) {
      return Response.text(403, "This link is invalid or has expired.\n");
    }
    BlobRef blob =
        new BlobRef(content.get().group("blob"), Long.parseLong(content.get().group("size")));
    return Response.of(200)
        .header("Content-Type", "application/zip")
        .withContent(
            new Response.Content.Stream(blobs.open(blob, 0, blob.sizeBytes()), blob.sizeBytes()));
  }

  private Optional<Matcher> open(String sealed) {
    byte[] bytes;
    try {
      bytes = Base64.getUrlDecoder().decode(sealed);
    } catch (IllegalArgumentException _) {
      return Optional.empty();
    }
    return sealer
        .open(bytes)
        .map(content -> CONTENT.matcher(content.reveal()))
        .filter(Matcher::matches);
  }

  private boolean isExpired(long epochSecond) {
    return clock.instant().getEpochSecond() >= epochSecond;
  }
}
