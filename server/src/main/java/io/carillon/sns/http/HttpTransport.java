package io.carillon.sns.http;

import io.carillon.outbox.DeliveryOutcome;
import io.carillon.sns.HttpPostTransport;
import java.io.IOException;
import java.net.InetAddress;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.InstantSource;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import org.apache.hc.client5.http.classic.methods.HttpPost;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.config.RequestConfig;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClients;
import org.apache.hc.client5.http.impl.io.ManagedHttpClientConnectionFactory;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManager;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpEntity;
import org.apache.hc.core5.http.HttpHeaders;
import org.apache.hc.core5.http.HttpHost;
import org.apache.hc.core5.http.config.Http1Config;
import org.apache.hc.core5.http.io.entity.ByteArrayEntity;
import org.apache.hc.core5.io.CloseMode;
import org.apache.hc.core5.io.Closer;
import org.apache.hc.core5.util.TimeValue;
import org.apache.hc.core5.util.Timeout;
import org.jspecify.annotations.Nullable;

/// Posts messages to HTTP and HTTPS endpoints, each as one attempt: no retry, no redirect, no
/// cookie, no compression. Endpoints are untrusted, so everything is bounded: the whole attempt by
/// one deadline, the response head by the limits below. Of the response body, only as much is read
/// as is worth it to reuse the connection.
///
/// The status decides: 2xx is done; 5xx, 429 and failures without a status are retried; everything
/// else is final. AWS does not document 3xx; here it is final, since the endpoint that was
/// confirmed is the one before the redirect. Source:
/// https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html
public final class HttpTransport implements HttpPostTransport, AutoCloseable {
  private static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(15);
  private static final Timeout CONNECT_TIMEOUT = Timeout.ofSeconds(10);

  /// Checking whether the peer has closed the connection takes a millisecond. Between two messages
  /// in a row it rarely has, and then [StaleConnections] retries.
  private static final TimeValue VALIDATE_AFTER = TimeValue.ofMilliseconds(100);

  private static final int CONNECTIONS = 256;
  private static final int CONNECTIONS_PER_HOST = 16;
  private static final int MAX_HEADER_LINE = 8 << 10;
  private static final int MAX_HEADERS = 100;
  private static final int READ_BYTES = 64 << 10;
  private static final Duration MAX_RETRY_AFTER = Duration.ofHours(1);

  private final CloseableHttpClient client;
  private final PoolingHttpClientConnectionManager connections;
  private final ScheduledThreadPoolExecutor deadlines;
  private final InstantSource clock;
  private final Duration timeout;

  public HttpTransport() {
    this(EndpointRule.standard(), null);
  }

  /// @param sslContext with the certificate authorities for HTTPS endpoints; null for those of the
  ///   JVM
  public HttpTransport(EndpointRule rule, @Nullable SSLContext sslContext) {
    this(rule, sslContext, InetAddress::getAllByName, InstantSource.system(), DEFAULT_TIMEOUT);
  }

  HttpTransport(
      EndpointRule rule,
      @Nullable SSLContext sslContext,
      CheckedResolver.Names names,
      InstantSource clock,
      Duration timeout) {
    this.clock = clock;
    this.timeout = timeout;
    Http1Config http1 =
        Http1Config.custom()
            .setMaxLineLength(MAX_HEADER_LINE)
            .setMaxHeaderCount(MAX_HEADERS)
            .setMaxEmptyLineCount(2)
            .build();
    this.connections =
        PoolingHttpClientConnectionManagerBuilder.create()
            .setDnsResolver(new CheckedResolver(rule, names))
            .setTlsSocketStrategy(new LazyTls(sslContext))
            .setConnectionFactory(
                ManagedHttpClientConnectionFactory.builder().http1Config(http1).build())
            .setMaxConnTotal(CONNECTIONS)
            .setMaxConnPerRoute(CONNECTIONS_PER_HOST)
            .setDefaultConnectionConfig(
                ConnectionConfig.custom()
                    .setConnectTimeout(CONNECT_TIMEOUT)
                    .setTimeToLive(TimeValue.ofMinutes(1)) // addresses of names change
                    .setValidateAfterInactivity(VALIDATE_AFTER)
                    .build())
            .build();
    this.client =
        HttpClients.custom()
            .setConnectionManager(connections)
            .setRetryStrategy(new StaleConnections(CONNECTIONS_PER_HOST))
            .disableRedirectHandling()
            .disableCookieManagement()
            .disableAuthCaching()
            .disableContentCompression()
            .build();
    this.deadlines =
        new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().name("sns-http-deadlines").daemon().factory());
    deadlines.setRemoveOnCancelPolicy(true);
  }

  /// Posts once. A `user:password@` in the endpoint is sent as basic authentication.
  @Override
  public DeliveryOutcome post(Post post) {
    URI endpoint = post.endpoint();
    String scheme = endpoint.getScheme();
    if (endpoint.getHost() == null
        || !("http".equalsIgnoreCase(scheme) || "https".equalsIgnoreCase(scheme))) {
      return new DeliveryOutcome.Rejected("This is not the address of an HTTP or HTTPS endpoint");
    }
    HttpPost request = request(post);
    AtomicBoolean late = new AtomicBoolean();
    // A socket's timeout restarts with each byte; this one does not, so an endpoint that sends a
    // byte now and then cannot hold the connection.
    ScheduledFuture<?> deadline =
        deadlines.schedule(
            () -> {
              late.set(true);
              request.abort();
            },
            timeout.toNanos(),
            TimeUnit.NANOSECONDS);
    try {
      ClassicHttpResponse response = client.executeOpen(target(endpoint), request, null);
      try {
        return toOutcome(response);
      } finally {
        if (!drain(response)) {
          request.abort(); // closing would read the rest, to reuse the connection
        }
        Closer.closeQuietly(response);
      }
    } catch (CheckedResolver.RefusedException e) {
      return new DeliveryOutcome.Rejected(String.valueOf(e.getMessage()));
    } catch (IOException e) {
      boolean slow = late.get() || e instanceof SocketTimeoutException;
      return new DeliveryOutcome.Retry(
          slow ? "no answer within " + timeout.toMillis() + " ms" : describe(endpoint, e));
    } finally {
      deadline.cancel(false);
    }
  }

  private HttpPost request(Post post) {
    HttpPost request = new HttpPost(withoutUser(post.endpoint()));
    post.headers().forEach(request::setHeader);
    String user = post.endpoint().getUserInfo();
    if (user != null) {
      String token = Base64.getEncoder().encodeToString(user.getBytes(StandardCharsets.UTF_8));
      request.setHeader(HttpHeaders.AUTHORIZATION, "Basic " + token);
    }
    request.setEntity(new ByteArrayEntity(post.body(), null));
    Timeout whole = Timeout.of(timeout);
    request.setConfig(
        RequestConfig.custom()
            .setConnectionRequestTimeout(whole)
            .setResponseTimeout(whole)
            .build());
    return request;
  }

  private static HttpHost target(URI endpoint) {
    return new HttpHost(endpoint.getScheme(), endpoint.getHost(), endpoint.getPort());
  }

  /// The endpoint without its user, otherwise byte for byte.
  private static URI withoutUser(URI endpoint) {
    String text = endpoint.toString();
    String user = endpoint.getRawUserInfo();
    return user == null ? endpoint : URI.create(text.replaceFirst("//[^@/]*@", "//"));
  }

  private DeliveryOutcome toOutcome(ClassicHttpResponse response) {
    int status = response.getCode();
    String why = "the endpoint answered " + status;
    return switch (status / 100) {
      case 2 -> DeliveryOutcome.done();
      case 3 -> new DeliveryOutcome.Rejected(why + ", and redirects are not followed");
      case 4 -> status == 429 ? throttled(response, why) : new DeliveryOutcome.Rejected(why);
      case 5 -> new DeliveryOutcome.Retry(why);
      default -> new DeliveryOutcome.Rejected(why);
    };
  }

  private DeliveryOutcome throttled(ClassicHttpResponse response, String why) {
    Duration wait = retryAfter(response);
    return wait == null ? new DeliveryOutcome.Retry(why) : new DeliveryOutcome.Postponed(why, wait);
  }

  /// Reads a short body, so that the connection can be reused. The content does not matter, and the
  /// status counts even if the body is truncated.
  private static boolean drain(ClassicHttpResponse response) {
    HttpEntity entity = response.getEntity();
    try {
      return entity == null || entity.getContent().readNBytes(READ_BYTES).length < READ_BYTES;
    } catch (IOException e) {
      return false;
    }
  }

  private @Nullable Duration retryAfter(ClassicHttpResponse response) {
    Header header = response.getFirstHeader(HttpHeaders.RETRY_AFTER);
    if (header == null) {
      return null;
    }
    String value = header.getValue().strip();
    try {
      Duration asked =
          value.matches("\\d{1,9}")
              ? Duration.ofSeconds(Long.parseLong(value))
              : Duration.between(
                  clock.instant(),
                  ZonedDateTime.parse(value, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant());
      if (asked.isNegative()) {
        return Duration.ZERO;
      }
      return asked.compareTo(MAX_RETRY_AFTER) > 0 ? MAX_RETRY_AFTER : asked;
    } catch (DateTimeException e) {
      return null;
    }
  }

  private static String describe(URI endpoint, IOException e) {
    String host = endpoint.getHost();
    return switch (e) {
      case UnknownHostException _ -> "the name " + host + " cannot be resolved";
      case SSLException _ -> "no TLS with " + host + ": " + e.getMessage();
      default -> "no answer from " + host + ": " + e.getMessage();
    };
  }

  @Override
  public void close() {
    deadlines.shutdownNow();
    client.close(CloseMode.IMMEDIATE);
  }
}
