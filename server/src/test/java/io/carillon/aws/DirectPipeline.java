package io.carillon.aws;

import io.carillon.aws.Operations.Access;
import io.carillon.aws.Operations.Execution;
import io.carillon.aws.Operations.Operation;
import io.carillon.base.AccountId;
import io.carillon.base.Arn;
import io.carillon.base.Region;
import java.time.Instant;
import java.util.List;
import java.util.function.BooleanSupplier;

/// Calls operations as the request pipeline does, with authorization but without the wire protocol.
public final class DirectPipeline {
  private final Operations table;
  private final Authorizer authorizer;

  public DirectPipeline(Operations table, Authorizer authorizer) {
    this.table = table;
    this.authorizer = authorizer;
  }

  /// Allows every caller everything, and services as far as `services` allows.
  public static Authorizer letting(BooleanSupplier services) {
    return new FixedAuthorizer() {
      @Override
      public void require(Caller caller, List<Need> needs) {}

      @Override
      public boolean allowsService(
          String service, String action, Arn resource, Arn source, String sourceAccount) {
        return services.getAsBoolean();
      }
    };
  }

  /// The root user of an account.
  public static Caller root(AccountId account, Region region, Instant time) {
    return caller(new Principal.Root(account), account, region, time);
  }

  public static Caller caller(Principal principal, AccountId account, Region region, Instant time) {
    return new Caller(
        principal,
        account,
        region,
        List.of(),
        "request",
        "host",
        "10.1.2.3",
        false,
        "test",
        time,
        Instant.MAX,
        "test");
  }

  /// The caller of a request with an X-Ray trace.
  public static Caller traced(Caller caller, String traceHeader) {
    return new Caller(
        caller.principal(),
        caller.account(),
        caller.region(),
        caller.session(),
        caller.requestId(),
        caller.hostId(),
        caller.sourceAddress(),
        caller.secureTransport(),
        caller.userAgent(),
        caller.time(),
        caller.sessionExpires(),
        caller.accessKeyId(),
        caller.signing(),
        caller.host(),
        traceHeader);
  }

  @SuppressWarnings("unchecked")
  public <I, O> O call(Caller caller, I input) {
    Operation<I> operation = operation(input);
    if (operation.access() instanceof Access.Needs<I>(var needs)) {
      var _ = authorizer.authorize(caller, needs.apply(caller, input));
    }
    return ((Execution.Decoded<I, O>) operation.execution()).run().run(caller, input);
  }

  public <I> List<Need> needs(Caller caller, I input) {
    return ((Access.Needs<I>) operation(input).access()).of().apply(caller, input);
  }

  @SuppressWarnings("unchecked")
  private <I> Operation<I> operation(I input) {
    return (Operation<I>)
        table.all().stream()
            .filter(operation -> operation.input().isInstance(input))
            .findFirst()
            .orElseThrow();
  }
}
