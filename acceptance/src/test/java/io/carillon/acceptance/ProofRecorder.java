package io.carillon.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.core.interceptor.SdkExecutionAttribute;

/// Records which operations a test calls with success. A test fails that [Proves] an operation
/// which it did not call; the proof of a passing test has to match the stored one.
final class ProofRecorder
    implements ExecutionInterceptor, BeforeEachCallback, AfterEachCallback, AfterAllCallback {
  private static final Map<String, String> SERVICES = Map.of("cloudwatchlogs", "logs");

  private final String client;
  private final Set<String> answered = ConcurrentHashMap.newKeySet();
  private final SortedMap<String, List<String>> proved = new TreeMap<>();

  ProofRecorder(String client) {
    this.client = client;
  }

  /// Records an operation that was answered with success.
  void record(String operation) {
    answered.add(operation);
  }

  @Override
  public void afterExecution(Context.AfterExecution context, ExecutionAttributes attributes) {
    String service =
        attributes.getAttribute(SdkExecutionAttribute.SERVICE_NAME).toLowerCase(Locale.ROOT);
    record(
        SERVICES.getOrDefault(service, service)
            + ":"
            + attributes.getAttribute(SdkExecutionAttribute.OPERATION_NAME));
  }

  @Override
  public void beforeEach(ExtensionContext context) {
    answered.clear();
  }

  @Override
  public void afterEach(ExtensionContext context) {
    List<String> claims = claims(context.getRequiredTestMethod());
    if (context.getExecutionException().isEmpty()) {
      assertThat(answered).as("called with success, of what the test proves").containsAll(claims);
      proved.put(title(context.getRequiredTestMethod()), claims);
    }
  }

  /// Tests that did not run (one was selected by hand, or a program is missing) keep their stored
  /// proof; removed tests lose it.
  @Override
  public void afterAll(ExtensionContext context) throws Exception {
    Map<String, List<String>> recorded = Proof.of(client);
    for (Method method : context.getRequiredTestClass().getDeclaredMethods()) {
      String title = title(method);
      if (!claims(method).isEmpty() && !proved.containsKey(title) && recorded.containsKey(title)) {
        proved.put(title, claims(method));
      }
    }
    Proof.check(client, proved);
  }

  private static List<String> claims(Method method) {
    Proves proves = method.getAnnotation(Proves.class);
    return proves == null ? List.of() : Arrays.stream(proves.value()).sorted().toList();
  }

  private static String title(Method method) {
    return method.getName().replaceAll("(?=[A-Z])", " ").toLowerCase(Locale.ROOT);
  }
}
