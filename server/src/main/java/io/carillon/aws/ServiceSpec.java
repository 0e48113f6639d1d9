package io.carillon.aws;

import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// What the request pipeline and authorization know of a service, and all that they know. Beside
/// `model` lie the lists of the service's operations and of their required members
/// (`NAME.operations`, `NAME.required`).
///
/// @param name its signing name, also used in hosts and ARNs
/// @param limitBytes the largest body that is not streamed
/// @param admitsAnonymous whether its resource policies can allow anonymous requests
/// @param paths paths by which requests without a signature are recognized; null for none
/// @param wires how it speaks, the preferred one first
/// @param model a class of the service's package
/// @param conditionKeys beside the global ones and those of its operations' needs
public record ServiceSpec(
    String name,
    int limitBytes,
    boolean admitsAnonymous,
    @Nullable Pattern paths,
    List<Wire> wires,
    Class<?> model,
    ConditionKeys conditionKeys) {

  /// @throws IllegalArgumentException if a condition key belongs to another service
  public ServiceSpec {
    conditionKeys.requireOf(name);
  }

  /// One of AWS's protocols, with what is the service's own in it.
  ///
  /// Source: https://smithy.io/2.0/aws/protocols/
  public sealed interface Wire {
    ErrorDialect errors();

    /// S3's: paths and XML; hosts may name buckets, and what no other service claims is S3's.
    record RestXml(ErrorDialect errors) implements Wire {}

    /// Paths and JSON.
    record RestJson(ErrorDialect errors) implements Wire {}

    /// Parameters in, XML out.
    ///
    /// @param version of the API, which requests name
    record Query(String version, String namespace, ErrorDialect errors) implements Wire {}

    /// JSON, with the operation in `X-Amz-Target`.
    ///
    /// @param targetPrefix before the operation's name, with the dot
    /// @param version of the protocol: `1.0` or `1.1`
    /// @param errorNamespace before the codes of errors
    record Json(String targetPrefix, String version, String errorNamespace, ErrorDialect errors)
        implements Wire {}
  }

  public static ServiceSpec of(String name, int limitBytes, Class<?> model, Wire... wires) {
    return new ServiceSpec(
        name, limitBytes, false, null, List.of(wires), model, ConditionKeys.NONE);
  }

  public ServiceSpec admittingAnonymous() {
    return new ServiceSpec(name, limitBytes, true, paths, wires, model, conditionKeys);
  }

  public ServiceSpec atPaths(Pattern own) {
    return new ServiceSpec(name, limitBytes, admitsAnonymous, own, wires, model, conditionKeys);
  }

  public ServiceSpec with(ConditionKeys own) {
    return new ServiceSpec(name, limitBytes, admitsAnonymous, paths, wires, model, own);
  }

  /// Whether it is S3, whose signatures, hosts and request ids differ from all others'.
  public boolean isS3() {
    return wires.getFirst() instanceof Wire.RestXml;
  }

  public boolean hasPath(String path) {
    return paths != null && paths.matcher(path).matches();
  }

  /// The query protocol of this API version, if it speaks it.
  public boolean hasVersion(String version) {
    return query().filter(query -> query.version().equals(version)).isPresent();
  }

  public Optional<Wire.Query> query() {
    return wires.stream()
        .filter(Wire.Query.class::isInstance)
        .map(Wire.Query.class::cast)
        .findFirst();
  }

  /// Whether `X-Amz-Target` names one of its operations.
  public boolean hasTarget(String target) {
    return wires.stream()
        .anyMatch(wire -> wire instanceof Wire.Json json && target.startsWith(json.targetPrefix()));
  }
}
