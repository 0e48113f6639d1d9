package io.carillon.lambda;

import static io.carillon.lambda.LambdaError.INVALID_REQUEST_CONTENT;
import static io.carillon.lambda.LambdaError.RECURSIVE_INVOCATION;
import static io.carillon.lambda.LambdaError.REQUEST_TOO_LARGE;
import static io.carillon.lambda.LambdaError.SERVICE;
import static io.carillon.lambda.LambdaError.TOO_MANY_REQUESTS;
import static io.carillon.lambda.LambdaError.unsupported;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.carillon.aws.AwsException;
import io.carillon.aws.Caller;
import io.carillon.kernel.Kernel;
import io.carillon.lambda.runtime.Environments;
import io.carillon.lambda.runtime.Invocation;
import io.carillon.lambda.runtime.InvocationResult;
import io.carillon.lambda.runtime.InvocationResult.LogTail;
import io.carillon.outbox.Outbox;
import io.carillon.store.Blobs;
import io.carillon.store.Database;
import io.carillon.store.Snapshot;
import io.carillon.trace.Cause;
import io.carillon.trace.Trace;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.Base64;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.lambda.model.InvocationType;
import software.amazon.awssdk.services.lambda.model.InvokeRequest;
import software.amazon.awssdk.services.lambda.model.InvokeResponse;
import software.amazon.awssdk.services.lambda.model.LogType;

/// Invoke: synchronous, asynchronous and dry run.
///
/// Source: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
final class Invocations {
  static final int SYNC_LIMIT_BYTES = 6 << 20;
  static final int ASYNC_LIMIT_BYTES = 1 << 20;
  private static final int CLIENT_CONTEXT_LIMIT = 3583;
  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();

  private final Database database;
  private final Functions functions;
  private final Blobs blobs;
  private final Environments environments;
  private final Outbox outbox;
  private final Trace trace;
  private final InstantSource clock;
  private final TraceHeaders traceHeaders;

  Invocations(
      Kernel kernel, Functions functions, Environments environments, TraceHeaders traceHeaders) {
    this.database = kernel.database();
    this.functions = functions;
    this.blobs = kernel.blobs();
    this.environments = environments;
    this.outbox = kernel.outbox();
    this.trace = kernel.trace();
    this.clock = kernel.clock();
    this.traceHeaders = traceHeaders;
  }

  /// A function's state for one invocation.
  private record Target(FunctionVersion version, int concurrency, boolean stopsRecursion) {}

  InvokeResponse invoke(Caller caller, InvokeRequest r) {
    FunctionName name = FunctionName.of(caller, r.functionName(), r.qualifier());
    if (r.durableExecutionName() != null) {
      throw unsupported("DurableExecutionName");
    }
    if (r.tenantId() != null) {
      throw unsupported("TenantId");
    }
    InvocationType type =
        r.invocationTypeAsString() == null ? InvocationType.REQUEST_RESPONSE : r.invocationType();
    byte[] payload = payload(r.payload());
    String context = clientContext(r.clientContext());
    if (r.logType() == LogType.UNKNOWN_TO_SDK_VERSION) {
      throw LambdaError.constraint(
          r.logTypeAsString(), "logType", "Member must satisfy enum value set: [None, Tail]");
    }
    Cause cause = Cause.of(environments.causeFor(caller.accessKeyId()).orElseGet(trace::begin));
    Target target = database.read(snapshot -> target(snapshot, name, cause));
    return switch (type) {
      case DRY_RUN -> InvokeResponse.builder().statusCode(204).build();
      case EVENT -> {
        requireSize(payload, ASYNC_LIMIT_BYTES);
        requireJson(payload);
        AsyncInvocation event =
            new AsyncInvocation(
                name.qualifiedArn().toString(),
                caller.requestId(),
                payload,
                context,
                traceHeaders.of(caller.traceHeader()));
        database.change(
            snapshot -> {
              functions.requireVersion(snapshot, name);
              return outbox.prepare(event.work(clock.instant(), cause.toString()));
            },
            (tx, added) -> {
              added.accept(tx);
              return event;
            });
        yield InvokeResponse.builder().statusCode(202).build();
      }
      case REQUEST_RESPONSE -> {
        requireSize(payload, SYNC_LIMIT_BYTES);
        requireJson(payload);
        if (target.stopsRecursion()) {
          throw RECURSIVE_INVOCATION.exception();
        }
        Invocation now =
            new Invocation(
                caller.requestId(),
                name.qualifiedArn().toString(),
                payload,
                context,
                traceHeaders.of(caller.traceHeader()),
                Recursion.countRun(cause, name.arn()).toString());
        yield response(run(target, now), target.version(), r.logType() == LogType.TAIL);
      }
      case UNKNOWN_TO_SDK_VERSION ->
          throw LambdaError.constraint(
              r.invocationTypeAsString(),
              "invocationType",
              "Member must satisfy enum value set: [Event, RequestResponse, DryRun]");
    };
  }

  private Target target(Snapshot snapshot, FunctionName name, Cause cause) {
    FunctionVersion version = functions.requireVersion(snapshot, name);
    Functions.FunctionRow row = functions.require(snapshot, name);
    return new Target(version, ConcurrencyLimits.of(row), row.stopsRecursion(cause));
  }

  private InvocationResult run(Target target, Invocation invocation) {
    try {
      return environments
          .begin(target.version().spec(blobs), invocation, target.concurrency())
          .await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw SERVICE.because("The server is shutting down.");
    }
  }

  private static InvokeResponse response(
      InvocationResult result, FunctionVersion version, boolean wantsLog) {
    InvokeResponse.Builder response =
        InvokeResponse.builder().statusCode(200).executedVersion(version.version());
    return switch (result) {
      case InvocationResult.Returned(byte[] payload, LogTail log) ->
          response
              .payload(SdkBytes.fromByteArrayUnsafe(payload))
              .logResult(wantsLog ? base64(log) : null)
              .build();
      case InvocationResult.FunctionFailed(byte[] payload, String _, LogTail log) ->
          response
              .functionError("Unhandled")
              .payload(SdkBytes.fromByteArrayUnsafe(payload))
              .logResult(wantsLog ? base64(log) : null)
              .build();
      case InvocationResult.Throttled(InvocationResult.Limit limit) -> throw throttled(limit);
      case InvocationResult.Unavailable(String why) -> throw SERVICE.because(why);
    };
  }

  private static AwsException throttled(InvocationResult.Limit limit) {
    return TOO_MANY_REQUESTS
        .exception()
        .with(
            "Reason",
            switch (limit) {
              case RESERVED -> "ReservedFunctionConcurrentInvocationLimitExceeded";
              case TOTAL -> "ConcurrentInvocationLimitExceeded";
            });
  }

  private static String base64(LogTail log) {
    try {
      return Base64.getEncoder().encodeToString(log.read());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "";
    }
  }

  private static byte[] payload(@Nullable SdkBytes payload) {
    byte[] bytes = payload == null ? new byte[0] : payload.asByteArrayUnsafe();
    return bytes.length == 0 ? "{}".getBytes(StandardCharsets.UTF_8) : bytes;
  }

  private static void requireSize(byte[] payload, int limitBytes) {
    if (payload.length > limitBytes) {
      throw REQUEST_TOO_LARGE.because(
          "Request must be smaller than %d bytes for the InvokeFunction operation"
              .formatted(limitBytes));
    }
  }

  /// Requires exactly one JSON value. It is scanned, not parsed into a tree: the event is passed on
  /// unchanged.
  private static void requireJson(byte[] payload) {
    try (JsonParser parser = JSON.createParser(payload)) {
      if (parser.nextToken() == null) {
        throw notJson("it is empty");
      }
      parser.skipChildren();
      if (parser.nextToken() != null) {
        throw notJson("more than one value");
      }
    } catch (JsonProcessingException e) {
      throw notJson(e.getOriginalMessage().replaceFirst(" \\(start marker at .*", ""));
    } catch (IOException e) {
      throw notJson("it is not text");
    }
  }

  private static AwsException notJson(String why) {
    return INVALID_REQUEST_CONTENT.because("Could not parse request body into json: " + why);
  }

  /// Base64 of JSON, reformatted to one line of ASCII so that it fits into a header field.
  private static String clientContext(@Nullable String context) {
    if (context == null || context.isEmpty()) {
      return "";
    }
    if (context.length() > CLIENT_CONTEXT_LIMIT) {
      throw REQUEST_TOO_LARGE.because("The client context exceeds 3583 bytes.");
    }
    try {
      return JSON.writeValueAsString(JSON.readTree(Base64.getDecoder().decode(context)));
    } catch (IOException | IllegalArgumentException e) {
      throw INVALID_REQUEST_CONTENT.because(
          "Client context must be a valid Base64-encoded JSON object.");
    }
  }
}
