package io.carillon.lambda.runtime;

import static io.carillon.lambda.runtime.RuntimeFixture.tail;
import static io.carillon.lambda.runtime.RuntimeFixture.text;
import static org.assertj.core.api.Assertions.assertThat;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.RequestHandler;
import com.amazonaws.services.lambda.runtime.RequestStreamHandler;
import io.carillon.lambda.DeploymentPackage;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Java handlers, on AWS's runtime interface client. Source:
/// https://docs.aws.amazon.com/lambda/latest/dg/java-handler.html
@Tag("slow")
class JavaFunctionTest {
  @TempDir static Path folder;
  private static RuntimeFixture fixture;
  private static FunctionSpec.Code code;

  /// A handler for maps.
  public static final class Greeter implements RequestHandler<Map<String, String>, String> {
    private int count;

    @Override
    public String handleRequest(Map<String, String> event, Context context) {
      System.out.println("greeting " + event.get("name"));
      context.getLogger().log("logged by the context");
      if (event.containsKey("boom")) {
        throw new IllegalStateException("boom");
      }
      count++;
      return "%s %d %s %s %b"
          .formatted(
              event.get("name"),
              count,
              context.getFunctionName(),
              System.getenv("COLOUR"),
              context.getRemainingTimeInMillis() > 1000);
    }
  }

  /// A handler for streams.
  public static final class Copier implements RequestStreamHandler {
    @Override
    public void handleRequest(InputStream in, OutputStream out, Context context)
        throws IOException {
      in.transferTo(out);
    }
  }

  @BeforeAll
  static void open() throws IOException {
    fixture = new RuntimeFixture(folder);
    code = RuntimeFixture.code(DeploymentPackage.of(Greeter.class, Copier.class));
  }

  @AfterAll
  static void close() {
    fixture.close();
  }

  private static FunctionSpec java(String name, String handler) {
    FunctionSpec function = RuntimeFixture.function(name, "java25", handler, code);
    return RuntimeFixture.with(function, Duration.ofSeconds(20), 256, "1");
  }

  @Test
  void requestHandlerGetsObjectsAndIsReused() throws Exception {
    FunctionSpec greeter = java("greeter", Greeter.class.getName());
    InvocationResult first = fixture.invoke(greeter, "{\"name\":\"Zoë\"}");
    assertThat(text(first)).isEqualTo("\"Zoë 1 greeter green true\"");
    assertThat(tail(first)).contains("greeting Zo").contains("logged by the context");
    assertThat(text(fixture.invoke(greeter, "{\"name\":\"Max\"}")))
        .isEqualTo("\"Max 2 greeter green true\"");
    InvocationResult failed = fixture.invoke(greeter, "{\"boom\":\"1\"}");
    assertThat(failed).isInstanceOf(InvocationResult.FunctionFailed.class);
    assertThat(text(failed)).contains("java.lang.IllegalStateException").contains("boom");
    assertThat(text(fixture.invoke(greeter, "{\"name\":\"Eva\"}"))).contains("Eva 3");
  }

  @Test
  void streamHandlerGetsBytes() throws Exception {
    FunctionSpec copier = java("copier", Copier.class.getName() + "::handleRequest");
    assertThat(text(fixture.invoke(copier, "{\"as\":  \"it is\"}")))
        .isEqualTo("{\"as\":  \"it is\"}");
  }

  @Test
  void missingHandlerClassIsReported() throws Exception {
    assertThat(text(fixture.invoke(java("gone", "no.such.Handler"), "{}")))
        .contains("Class not found: no.such.Handler");
  }
}
