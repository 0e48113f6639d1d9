package io.carillon.aws;

import io.carillon.base.Arn;
import io.carillon.http.Request;
import io.carillon.http.Response;
import io.carillon.store.Snapshot;
import java.io.IOException;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import software.amazon.awssdk.core.SdkPojo;

/// A service as a table of its operations: the request class, which names the operation; the
/// resource or needs to authorize; the method that runs it. Every entry declares its needs; an
/// operation that is not in the table gets NotImplemented.
public final class Operations {

  /// Runs an operation whose input and output are decoded and encoded for it. The output may be a
  /// [WithHeaders].
  @FunctionalInterface
  public interface Run<I, O> {
    O run(Caller caller, I input);
  }

  /// Runs an operation that streams: the input has the members of path, query and headers; the body
  /// (with `aws-chunked` framing removed, and checked against its signatures) is the request's.
  @FunctionalInterface
  public interface Stream<I> {
    Response run(Caller caller, I input, Request http) throws IOException;
  }

  /// The output of a decoded operation, with header fields that its model does not have.
  public record WithHeaders(SdkPojo output, Map<String, String> headers) {}

  /// How an operation is run.
  public sealed interface Execution<I> {
    record Decoded<I, O>(Run<I, O> run) implements Execution<I> {}

    record Streamed<I>(Stream<I> run) implements Execution<I> {}
  }

  /// How calls are authorized.
  public sealed interface Access<I> {
    /// The caller must be allowed all of these.
    record Needs<I>(BiFunction<Caller, I, List<Need>> of) implements Access<I> {}

    /// Every caller may call it, for this reason.
    record Open<I>(String why) implements Access<I> {}
  }

  /// One entry of the table.
  ///
  /// @param name the operation's name, such as `CreateTopic`
  public record Operation<I>(
      String name, Class<I> input, Access<I> access, Execution<I> execution) {}

  private final ServiceSpec spec;
  private final String service;
  private Consumer<SdkPojo> inputCheck = _ -> {};
  private Explanation explanation = (_, _, _, denial) -> denial;
  private boolean validatesValues;
  private final Map<String, Operation<?>> byName = new LinkedHashMap<>();
  private final Map<String, String> remarks = new HashMap<>();

  private Operations(ServiceSpec spec) {
    this.spec = spec;
    this.service = spec.name();
  }

  public static Operations of(ServiceSpec spec) {
    return new Operations(spec);
  }

  /// Checks the input of every operation that is added after this, before it runs.
  ///
  /// @param check throws for inputs that the service does not support
  public Operations checkingInputs(Consumer<SdkPojo> check) {
    inputCheck = check;
    return this;
  }

  /// Validates requests against the patterns and ranges of the service's model, before anything
  /// else.
  public Operations validatingValues() {
    validatesValues = true;
    return this;
  }

  public boolean validatesValues() {
    return validatesValues;
  }

  /// An operation on one resource, allowed by the action of its own name.
  ///
  /// @param resource the ARN of the resource that the caller's request names
  public <I extends SdkPojo, O> Operations on(
      Class<I> input, BiFunction<Caller, I, Arn> resource, Run<I, O> run) {
    String action = service + ":" + nameOf(input);
    return needing(input, (caller, i) -> List.of(Need.of(action, resource.apply(caller, i))), run);
  }

  /// An operation on no particular resource (`*`), allowed by the action of its own name.
  public <I extends SdkPojo, O> Operations anywhere(Class<I> input, Run<I, O> run) {
    String action = service + ":" + nameOf(input);
    return needing(input, (_, _) -> List.of(Need.anywhere(action)), run);
  }

  /// An operation with needs of its own.
  ///
  /// @param needs what the caller must be allowed for the request
  public <I extends SdkPojo, O> Operations needing(
      Class<I> input, BiFunction<Caller, I, List<Need>> needs, Run<I, O> run) {
    return add(input, new Access.Needs<>(needs), decoded(run));
  }

  /// An operation whose request or response body is streamed.
  public <I extends SdkPojo> Operations streaming(
      Class<I> input, BiFunction<Caller, I, List<Need>> needs, Stream<I> run) {
    return add(input, new Access.Needs<>(needs), streamed(run));
  }

  /// The same for an operation without a class in the SDK: PostObject, a browser's form that is
  /// equivalent to a PutObject.
  ///
  /// @param input the class of the equivalent operation
  public <I extends SdkPojo> Operations streaming(
      String name, Class<I> input, BiFunction<Caller, I, List<Need>> needs, Stream<I> run) {
    return add(name, input, new Access.Needs<>(needs), streamed(run));
  }

  /// An operation that every caller may call.
  public <I extends SdkPojo, O> Operations open(Class<I> input, String why, Run<I, O> run) {
    return add(input, new Access.Open<>(why), decoded(run));
  }

  private <I extends SdkPojo, O> Execution<I> decoded(Run<I, O> run) {
    Consumer<SdkPojo> check = inputCheck;
    return new Execution.Decoded<I, O>(
        (caller, input) -> {
          check.accept(input);
          return run.run(caller, input);
        });
  }

  private <I extends SdkPojo> Execution<I> streamed(Stream<I> run) {
    Consumer<SdkPojo> check = inputCheck;
    return new Execution.Streamed<>(
        (caller, input, http) -> {
          check.accept(input);
          return run.run(caller, input, http);
        });
  }

  /// Documents what an operation does not support.
  public Operations remark(Class<?> input, String remark) {
    remarks.put(nameOf(input), remark);
    return this;
  }

  /// What the operation does not support, for documentation; empty where nothing is noted.
  public String remark(String name) {
    return remarks.getOrDefault(name, "");
  }

  /// Replaces the error of a denial, where a service has a more specific one.
  ///
  /// @param explanation makes the error from the denial
  public Operations explaining(Explanation explanation) {
    this.explanation = explanation;
    return this;
  }

  /// Makes the error for a denied caller.
  @FunctionalInterface
  public interface Explanation {
    AwsException of(Snapshot snapshot, Caller caller, List<Need> needs, AwsException denial);
  }

  public Explanation explanation() {
    return explanation;
  }

  public ServiceSpec spec() {
    return spec;
  }

  public String service() {
    return service;
  }

  public Collection<Operation<?>> all() {
    return byName.values();
  }

  /// @param name as [Operation#name]
  public Optional<Operation<?>> find(String name) {
    return Optional.ofNullable(byName.get(name));
  }

  private <I> Operations add(Class<I> input, Access<I> access, Execution<I> execution) {
    return add(nameOf(input), input, access, execution);
  }

  private <I> Operations add(
      String name, Class<I> input, Access<I> access, Execution<I> execution) {
    if (byName.put(name, new Operation<>(name, input, access, execution)) != null) {
      throw new IllegalArgumentException(service + " mounts " + name + " twice");
    }
    return this;
  }

  private static String nameOf(Class<?> input) {
    String simple = input.getSimpleName();
    return simple.substring(0, simple.length() - "Request".length());
  }
}
