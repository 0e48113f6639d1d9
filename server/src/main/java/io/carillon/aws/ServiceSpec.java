package io.carillon.aws;

import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// What the request pipeline and authorization know of a service, and all that they know. Beside
/// `model` lie the lists of the service's operations and of their required members
/// (`NAME.operations`, `NAME.required`).
///
/// @param name its signing name, also used in hosts and ARNs
/// @param limitBytes the largest body that is not streamed
/// @param traits what it has and most services do not
/// @param paths paths by which requests without a signature are recognized; null for none
/// @param wires how it speaks, the preferred one first
/// @param model a class of the service's package
/// @param missingMembers how it refuses requests that lack members
/// @param conditionKeys beside the global ones and those of its operations' needs
/// @param denials how it writes what is denied
public record ServiceSpec(
    String name,
    int limitBytes,
    Set<ServiceTrait> traits,
    @Nullable Pattern paths,
    List<Wire> wires,
    Class<?> model,
    MissingMembers missingMembers,
    ConditionKeys conditionKeys,
    DenialWording denials) {

  /// @throws IllegalArgumentException if a condition key belongs to another service
  public ServiceSpec {
    conditionKeys.requireOf(name);
  }

  /// One of AWS's protocols, with what is the service's own in it.
  ///
  /// Source: https://smithy.io/2.0/aws/protocols/
  public sealed interface Wire {
    ErrorDialect errors();

    /// Paths and XML.
    ///
    /// @param roots the root elements of responses whose members are directly in the body, by
    ///   operation; the model does not have them
    /// @param noContent operations other than deletions with status 204, which the model does not
    ///   state
    record RestXml(
        String namespace, Map<String, String> roots, Set<String> noContent, ErrorDialect errors)
        implements Wire {}

    /// Paths and JSON.
    record RestJson(ErrorDialect errors) implements Wire {}

    /// Parameters in, XML out.
    ///
    /// @param version of the API, which requests name
    /// @param flattened its names where the model has others
    record Query(
        String version, String namespace, ErrorDialect errors, Optional<FlattenedNames> flattened)
        implements Wire {
      public Query(String version, String namespace, ErrorDialect errors) {
        this(version, namespace, errors, Optional.empty());
      }
    }

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
        name,
        limitBytes,
        Set.of(),
        null,
        List.of(wires),
        model,
        MissingMembers.LISTED,
        ConditionKeys.NONE,
        DenialWording.AS_IN_POLICIES);
  }

  public ServiceSpec with(ServiceTrait... own) {
    EnumSet<ServiceTrait> set = EnumSet.noneOf(ServiceTrait.class);
    set.addAll(Arrays.asList(own));
    return new ServiceSpec(
        name,
        limitBytes,
        Collections.unmodifiableSet(set),
        paths,
        wires,
        model,
        missingMembers,
        conditionKeys,
        denials);
  }

  public ServiceSpec atPaths(Pattern own) {
    return new ServiceSpec(
        name, limitBytes, traits, own, wires, model, missingMembers, conditionKeys, denials);
  }

  public ServiceSpec with(MissingMembers own) {
    return new ServiceSpec(
        name, limitBytes, traits, paths, wires, model, own, conditionKeys, denials);
  }

  public ServiceSpec with(ConditionKeys own) {
    return new ServiceSpec(
        name, limitBytes, traits, paths, wires, model, missingMembers, own, denials);
  }

  public ServiceSpec with(DenialWording own) {
    return new ServiceSpec(
        name, limitBytes, traits, paths, wires, model, missingMembers, conditionKeys, own);
  }

  public boolean has(ServiceTrait trait) {
    return traits.contains(trait);
  }

  /// The service as a principal of policies, such as `lambda.amazonaws.com`.
  public String principal() {
    return name + ".amazonaws.com";
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
