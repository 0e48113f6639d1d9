package io.carillon.server;

import io.carillon.aws.AwsException;
import io.carillon.aws.CommonError;
import io.carillon.aws.Signing;
import io.carillon.http.Headers;
import io.carillon.http.Request;
import io.carillon.http.Response;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/// What web pages may do with the well-known root key, test/test. A browser sends requests for any
/// page, from this very machine. Only the headers that it adds about the page tell the user's own
/// clients from another site's page.
///
/// - `Host`: a site can point a domain of its own at this server and is then same-origin to the
///   browser (DNS rebinding). So the host has to be a name that no other site can own.
/// - `Origin`: sent with all requests but the simplest. Other sites' origins are refused.
/// - `Sec-Fetch-Site`: where there is no origin, as with links and images, another site gets
///   objects and the pages that our mails link to, and nothing else.
///
/// A page on another port of loopback is probably the user's front-end, but any local program could
/// have served it. With requests that need no CORS preflight, that is, signed in the query or in a
/// form, it may only store and read objects.
///
/// Source: https://fetch.spec.whatwg.org/#http-origin, https://www.w3.org/TR/fetch-metadata/
final class BrowserRule {
  private static final Set<String> OBJECT_READS = Set.of("GetObject", "HeadObject");
  private static final Set<String> OBJECTS =
      Set.of(
          "GetObject",
          "HeadObject",
          "PutObject",
          "PostObject",
          "CreateMultipartUpload",
          "UploadPart",
          "CompleteMultipartUpload");

  /// Methods that a page may use across origins without a CORS preflight.
  private static final Set<String> SIMPLE_METHODS = Set.of("GET", "HEAD", "POST");

  /// Values of `Sec-Fetch-Dest` for responses that the browser renders as a page.
  private static final Set<String> PAGES = Set.of("document", "iframe", "frame", "object", "embed");

  private static final List<String> AWS =
      List.of(".amazonaws.com", ".amazonaws.com.cn", ".api.aws");
  private static final Pattern IP4 = Pattern.compile("[0-9]{1,3}(\\.[0-9]{1,3}){3}");
  private static final Pattern PDF = Pattern.compile("application/pdf(;.*)?");
  private static final String ISOLATION = "sandbox allow-scripts allow-forms";
  private static final String OWN_KEY =
      ", or start with a root key of your own (--access-key-id, --secret-access-key).";

  /// The page that sent a request.
  private enum Sender {
    /// No page, or a page of this origin or an allowed one.
    OWN,
    /// A page of loopback or of this site, but of another origin.
    SAME_SITE,
    /// Another site's page, by a link or an image.
    OTHER_SITE
  }

  private final Config config;

  BrowserRule(Config config) {
    this.config = config;
  }

  /// Checks a request that is signed with the well-known key.
  ///
  /// @param operation its name; for the admin API, a name that no S3 operation has
  /// @throws AwsException AccessDenied, with the setting that would allow it
  void check(Request http, Signing signing, String operation) {
    checkHost(http.headers());
    boolean needsPreflight =
        signing.means().equals(Signing.HEADER) || !SIMPLE_METHODS.contains(http.method());
    boolean allowed =
        switch (sender(http.headers(), needsPreflight)) {
          case OWN -> true;
          case SAME_SITE -> needsPreflight || OBJECTS.contains(operation);
          case OTHER_SITE -> OBJECT_READS.contains(operation);
        };
    if (!allowed) {
      throw CommonError.ACCESS_DENIED.because(
          "Access Denied. A web page of another origin asks for "
              + operation
              + " with the root key test/test, which everybody knows; it may only "
              + (OBJECTS.contains(operation) ? "read" : "store and read")
              + " objects with it. If the page is yours, name its origin in the setting"
              + " --allowed-origins"
              + OWN_KEY);
    }
  }

  /// Checks a request for a page that mails link to. Readers follow the link from any web mail
  /// page, so navigation from other sites is allowed; images and scripts of other sites are not.
  ///
  /// @throws AwsException AccessDenied
  void checkMailPage(Request http) {
    Sender sender = sender(http.headers(), true);
    String destination = http.headers().find("sec-fetch-dest").orElse("document");
    if (sender != Sender.OWN && !destination.equals("document")) {
      throw CommonError.ACCESS_DENIED.because(
          "Access Denied. This page is opened by following its link. If a page of yours asks for"
              + " it, name its origin in the setting --allowed-origins.");
    }
  }

  /// Gives an object that a browser renders as a page an opaque origin, so that its scripts cannot
  /// use this server as their own origin. A browser that sends no `Sec-Fetch-Dest` is assumed to
  /// render a page. PDF is excepted: Chromium and Safari show none in a sandbox, and its scripts
  /// have no origin anyway.
  Response isolate(Request http, Response object) {
    Optional<String> destination = http.headers().find("sec-fetch-dest");
    boolean page = destination.map(PAGES::contains).orElse(isBrowser(http.headers()));
    return config.isolateObjects() && page && !isPdf(object)
        ? object.header("Content-Security-Policy", ISOLATION)
        : object;
  }

  private static boolean isPdf(Response object) {
    List<String> types = object.headers().all("content-type");
    return types.size() == 1 && PDF.matcher(types.getFirst()).matches();
  }

  private void checkHost(Headers headers) {
    String field = headers.first("host");
    if (field != null && !isAcceptedHost(hostOf(field))) {
      throw CommonError.ACCESS_DENIED.because(
          "Access Denied. With the root key test/test, which everybody knows, this server answers"
              + " only under names that no web page can take for its own; "
              + hostOf(field)
              + " is not among them. If the name is yours, start with --allowed-hosts "
              + hostOf(field)
              + OWN_KEY);
    }
  }

  private boolean isAcceptedHost(String host) {
    return isLoopbackName(host)
        || host.startsWith("[")
        || IP4.matcher(host).matches()
        || config.baseHosts().stream().anyMatch(base -> isUnder(host, base))
        || config.publicUrl().map(URI::getHost).filter(host::equalsIgnoreCase).isPresent()
        || AWS.stream().anyMatch(host::endsWith)
        || config.allowedHosts().contains(host);
  }

  private static boolean isUnder(String host, String base) {
    String lower = base.toLowerCase(Locale.ROOT);
    return host.equals(lower) || host.endsWith("." + lower);
  }

  private static boolean isLoopbackName(String host) {
    return isUnder(host, "localhost")
        || host.equals("[::1]")
        || (host.startsWith("127.") && IP4.matcher(host).matches());
  }

  /// The host name in a `Host` field or an origin, without its port.
  private static String hostOf(String authority) {
    int end = authority.startsWith("[") ? authority.indexOf(']') + 1 : authority.indexOf(':');
    String host = (end <= 0 ? authority : authority.substring(0, end)).toLowerCase(Locale.ROOT);
    return host.endsWith(".") ? host.substring(0, host.length() - 1) : host;
  }

  /// @param needsPreflight whether a browser would not have sent this from another origin unasked
  /// @throws AwsException where a page of another site sent it
  private Sender sender(Headers headers, boolean needsPreflight) {
    List<String> origins = headers.all("origin");
    if (!origins.isEmpty()) {
      return origins.stream().allMatch(origin -> isAllowedOrigin(origin, headers))
          ? Sender.OWN
          : requireLoopback(origins);
    }
    String site = headers.first("sec-fetch-site");
    if (site == null
        ? needsPreflight || !isBrowser(headers)
        : isSameOrigin(site) || isAllowedReferrer(headers)) {
      return Sender.OWN;
    }
    return "same-site".equals(site) ? Sender.SAME_SITE : Sender.OTHER_SITE;
  }

  private boolean isAllowedOrigin(String origin, Headers headers) {
    String lower = origin.toLowerCase(Locale.ROOT);
    int authority = lower.indexOf("://") + 3;
    return config.allowedOrigins().contains(lower)
        || (authority > 2 && lower.substring(authority).equalsIgnoreCase(headers.first("host")));
  }

  private static Sender requireLoopback(List<String> origins) {
    for (String origin : origins) {
      int authority = origin.indexOf("://") + 3;
      if (authority < 3 || !isLoopbackName(hostOf(origin.substring(authority)))) {
        throw CommonError.ACCESS_DENIED.because(
            "Access Denied. A web page of the origin "
                + origin
                + " may not use the root key test/test, which everybody knows. If the page is"
                + " yours, start with --allowed-origins "
                + origin
                + OWN_KEY);
      }
    }
    return Sender.SAME_SITE;
  }

  /// `none` is an action of the user: an address typed in, a bookmark.
  private static boolean isSameOrigin(String site) {
    return site.equals("same-origin") || site.equals("none");
  }

  /// Links and images send their page as the referrer, unless its policy forbids that.
  private boolean isAllowedReferrer(Headers headers) {
    String referer = headers.first("referer");
    if (referer == null) {
      return false;
    }
    int authority = referer.indexOf("://") + 3;
    int path = authority < 3 ? -1 : referer.indexOf('/', authority);
    return path > 0
        && config.allowedOrigins().contains(referer.substring(0, path).toLowerCase(Locale.ROOT));
  }

  /// No page can change this field in a cross-origin request without a preflight.
  private static boolean isBrowser(Headers headers) {
    return headers.find("user-agent").filter(agent -> agent.startsWith("Mozilla/")).isPresent();
  }
}
