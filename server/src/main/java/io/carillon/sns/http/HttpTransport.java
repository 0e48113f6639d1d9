package io.carillon.sns.http;

import io.carillon.outbox.Outcome;
import io.carillon.sns.PostTransport;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Optional;
import org.apache.hc.client5.http.DnsResolver;
import org.apache.hc.client5.http.SystemDefaultDnsResolver;
import org.apache.hc.client5.http.classic.methods.HttpPost;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.config.RequestConfig;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClients;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManager;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpEntity;
import org.apache.hc.core5.http.io.SocketConfig;
import org.apache.hc.core5.http.io.entity.ByteArrayEntity;
import org.apache.hc.core5.pool.PoolConcurrencyPolicy;
import org.apache.hc.core5.util.TimeValue;
import org.apache.hc.core5.util.Timeout;
import org.jspecify.annotations.Nullable;

/// Posts to HTTP and HTTPS endpoints with Apache HttpClient. A host name is looked up once for a
/// connection, its addresses are held to the [EndpointRule], and the connection goes to what was
/// checked: a name that answers differently a moment later gains nothing.
///
/// Which answers are tried again, as AWS documents: 5xx, 429, time-outs, failed connections. All
/// others are final; redirects are not followed, for an endpoint is what was confirmed. Source:
/// https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html
public final class HttpTransport implements PostTransport, AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(15);
  private static final Duration CONNECT_PATIENCE = Duration.ofSeconds(5);
  private static final int CONNECTIONS = 256;
  private static final int CONNECTIONS_OF_HOST = 16;
  private static final int ANSWER_BYTES = 64 << 10;

  private final CloseableHttpClient client;
  private final Duration patience;

  public HttpTransport() {
    this(EndpointRule.usual(), PATIENCE);
  }

  HttpTransport(EndpointRule rule, Duration patience) {
    this.patience = patience;
    PoolingHttpClientConnectionManager connections =
        PoolingHttpClientConnectionManagerBuilder.create()
            .setDnsResolver(new CheckedResolver(rule))
            .setMaxConnTotal(CONNECTIONS)
            .setMaxConnPerRoute(CONNECTIONS_OF_HOST)
            .setPoolConcurrencyPolicy(PoolConcurrencyPolicy.LAX)
            .setDefaultSocketConfig(
                SocketConfig.custom().setSoTimeout(Timeout.of(patience)).build())
            .setDefaultConnectionConfig(
                ConnectionConfig.custom()
                    .setConnectTimeout(Timeout.of(CONNECT_PATIENCE))
                    .setSocketTimeout(Timeout.of(patience))
                    .setTimeToLive(TimeValue.of(Duration.ofMinutes(5)))
                    .build())
            .build();
    this.client =
        HttpClients.custom()
            .setConnectionManager(connections)
            .setDefaultRequestConfig(
                RequestConfig.custom()
                    .setConnectionRequestTimeout(Timeout.of(patience))
                    .setResponseTimeout(Timeout.of(patience))
                    .build())
            .disableRedirectHandling()
            .disableAutomaticRetries()
            .disableCookieManagement()
            .disableContentCompression()
            .disableAuthCaching()
            .build();
  }

  @Override
  public Outcome post(Post post) {
    HttpPost request = new HttpPost(post.endpoint());
    post.headers().forEach(request::setHeader);
    request.setEntity(new ByteArrayEntity(post.body(), null));
    // The socket's time-out starts anew with each byte; this one does not, so an endpoint that
    // answers a byte now and then holds nothing up.
    Thread watch =
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    Thread.sleep(patience);
                    request.abort();
                  } catch (InterruptedException _) {
                    // it has been answered
                  }
                });
    try {
      return client.execute(request, HttpTransport::judge);
    } catch (IOException e) {
      String why =
          request.isAborted()
              ? "no whole answer within " + patience.toSeconds() + " s"
              : e.toString();
      return new Outcome.Retry(post.endpoint() + ": " + why);
    } finally {
      watch.interrupt();
    }
  }

  private static Outcome judge(ClassicHttpResponse answer) throws IOException {
    skim(answer.getEntity());
    int status = answer.getCode();
    if (status / 100 == 2) {
      return Outcome.done();
    }
    String why = "the endpoint answered " + status;
    if (status == 429) {
      return retryAfter(answer)
          .<Outcome>map(wait -> new Outcome.Postponed(why, wait))
          .orElseGet(() -> new Outcome.Retry(why));
    }
    return status / 100 == 5 ? new Outcome.Retry(why) : new Outcome.Rejected(why);
  }

  /// Reads a short answer to its end, so that the connection can be used again; what goes on for
  /// longer is cut off with its connection.
  private static void skim(@Nullable HttpEntity entity) throws IOException {
    if (entity != null) {
      try (InputStream in = entity.getContent()) {
        in.readNBytes(ANSWER_BYTES);
        if (in.read() >= 0) {
          throw new IOException("the answer is longer than " + ANSWER_BYTES + " bytes");
        }
      }
    }
  }

  private static Optional<Duration> retryAfter(ClassicHttpResponse answer) {
    Header header = answer.getFirstHeader("Retry-After");
    return header == null || !header.getValue().matches("[0-9]{1,4}")
        ? Optional.empty()
        : Optional.of(Duration.ofSeconds(Long.parseLong(header.getValue())));
  }

  @Override
  public void close() throws IOException {
    client.close();
  }

  private record CheckedResolver(EndpointRule rule) implements DnsResolver {
    @Override
    public InetAddress[] resolve(String host) throws UnknownHostException {
      InetAddress[] addresses = SystemDefaultDnsResolver.INSTANCE.resolve(host);
      for (InetAddress address : addresses) {
        rule.check(address);
      }
      return addresses;
    }

    @Override
    public String resolveCanonicalHostname(String host) throws UnknownHostException {
      return SystemDefaultDnsResolver.INSTANCE.resolveCanonicalHostname(host);
    }
  }
}
