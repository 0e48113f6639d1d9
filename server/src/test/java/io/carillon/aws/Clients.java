package io.carillon.aws;

import io.carillon.aws.pipeline.NoSenderRules;
import io.carillon.aws.pipeline.RequestPipeline;
import io.carillon.aws.pipeline.ServerIdentity;
import io.carillon.aws.sigv4.SignatureVerifier;
import io.carillon.base.AccountId;
import io.carillon.base.Arn;
import io.carillon.base.Ids;
import io.carillon.base.Secret;
import io.carillon.http.Handler;
import java.net.URI;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.client.builder.AwsClientBuilder;
import software.amazon.awssdk.awscore.client.builder.AwsSyncClientBuilder;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.retries.DefaultRetryStrategy;

/// Request pipelines for tests, and real SDK clients connected to them.
public final class Clients {
  public static final AccountId ACCOUNT = new AccountId("123456789012");
  public static final URI ENDPOINT = URI.create("http://localhost:4566");

  private Clients() {}

  /// The root user's keys are `test` and `test`.
  public static RequestPipeline pipeline(
      BiConsumer<Caller, List<Need>> authorizer, Operations... services) {
    Credentials root =
        new Credentials("test", new Secret("test"), new Principal.Root(ACCOUNT), ACCOUNT);
    return new RequestPipeline(
        List.of(services),
        new SignatureVerifier(
            (id, _) -> id.equals("test") ? Optional.of(root) : Optional.empty(), Clock.systemUTC()),
        new NoSenderRules(),
        new FixedAuthorizer() {
          @Override
          public void require(Caller caller, List<Need> needs) {
            authorizer.accept(caller, needs);
          }

          @Override
          public boolean allowsService(
              String service, String action, Arn resource, Arn source, String sourceAccount) {
            return false;
          }
        },
        new ServerIdentity(List.of("localhost"), Optional.empty(), ACCOUNT),
        new Ids(),
        Clock.systemUTC());
  }

  public static RequestPipeline pipeline(Operations... services) {
    return pipeline((_, _) -> {}, services);
  }

  /// Connects a client to a handler.
  public static <B extends AwsSyncClientBuilder<B, C> & AwsClientBuilder<B, C>, C> C client(
      B builder, Handler handler) {
    return client(builder, handler, ENDPOINT, "test");
  }

  /// The same for a client that is known by its interface only.
  public static Object client(Class<?> client, Handler handler) {
    try {
      Object builder = client.getMethod("builder").invoke(null);
      ((AwsSyncClientBuilder<?, ?>) builder).httpClient(new DirectClient(handler));
      AwsClientBuilder<?, ?> settings = (AwsClientBuilder<?, ?>) builder;
      configure(settings, ENDPOINT, "test", Region.EU_CENTRAL_1);
      return settings.build();
    } catch (ReflectiveOperationException e) {
      throw new LinkageError("A client without a builder: " + client, e);
    }
  }

  public static <B extends AwsSyncClientBuilder<B, C> & AwsClientBuilder<B, C>, C> C client(
      B builder, Handler handler, URI endpoint, String secret) {
    return client(builder, handler, endpoint, secret, Region.EU_CENTRAL_1);
  }

  public static <B extends AwsSyncClientBuilder<B, C> & AwsClientBuilder<B, C>, C> C client(
      B builder, Handler handler, URI endpoint, String secret, Region region) {
    builder.httpClient(new DirectClient(handler));
    configure(builder, endpoint, secret, region);
    return builder.build();
  }

  private static void configure(
      AwsClientBuilder<?, ?> builder, URI endpoint, String secret, Region region) {
    builder.endpointOverride(endpoint);
    builder.region(region);
    builder.credentialsProvider(
        StaticCredentialsProvider.create(AwsBasicCredentials.create("test", secret)));
    builder.overrideConfiguration(c -> c.retryStrategy(DefaultRetryStrategy.doNotRetry()));
  }
}
