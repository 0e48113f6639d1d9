package io.carillon.aws.protocol;

import io.carillon.aws.CommonError;
import io.carillon.aws.MissingMembers;
import io.carillon.aws.protocol.MemberType.ListOf;
import io.carillon.aws.protocol.MemberType.MapOf;
import io.carillon.aws.protocol.MemberType.Struct;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.SdkPojo;

/// Rejects requests that lack required members or violate constraints, at any depth, so that no
/// operation and no needs function has to check again. All violations are reported together, with
/// their number.
final class MemberValidation {
  private final Shapes shapes;
  private final MissingMembers missingMembers;
  private final Constraints constraints;

  MemberValidation(Shapes shapes, MissingMembers missingMembers) {
    this(shapes, missingMembers, Constraints.NONE);
  }

  MemberValidation(Shapes shapes, MissingMembers missingMembers, Constraints constraints) {
    this.shapes = shapes;
    this.missingMembers = missingMembers;
    this.constraints = constraints;
  }

  /// The violations of a request.
  ///
  /// @param missing paths of missing members
  /// @param constraintViolations of constraints, in words
  private record Violations(List<String> missing, List<String> constraintViolations) {}

  /// @return `input`
  /// @throws io.carillon.aws.AwsException [CommonError#MISSING_PARAMETER]
  SdkPojo validate(SdkPojo input) {
    Violations violations = new Violations(new ArrayList<>(0), new ArrayList<>(0));
    check(input, "", violations);
    if (!violations.missing().isEmpty() || !violations.constraintViolations().isEmpty()) {
      throw CommonError.MISSING_PARAMETER.because(
          missingMembers.namesFirst() ? parameter(violations.missing()) : errors(violations));
    }
    return input;
  }

  private void check(SdkPojo structure, String path, Violations violations) {
    Shape shape = shapes.of(structure);
    String name = structure.getClass().getSimpleName();
    if (constraints.hasRules(name)) {
      for (Member member : shape.all()) {
        Object value = member.get(structure);
        if (value != null) {
          constraints.check(
              name, member, path + wireName(member), value, violations.constraintViolations()::add);
        }
      }
    }
    for (Member member : shape.required()) {
      if (member.get(structure) == null
          && !missingMembers.validatedLater().contains(member.field().memberName())) {
        violations.missing().add(path + wireName(member));
      }
    }
    for (Member member : shape.nested()) {
      check(member.kind(), member.get(structure), path + wireName(member), violations);
    }
  }

  private void check(MemberType kind, @Nullable Object value, String path, Violations violations) {
    switch (kind) {
      case Struct _ when value instanceof SdkPojo structure ->
          check(structure, path + ".", violations);
      case ListOf list when value instanceof List<?> items -> {
        for (int i = 0; i < items.size(); i++) {
          check(list.item(), items.get(i), path + "." + (i + 1) + item(), violations);
        }
      }
      case MapOf map when value instanceof Map<?, ?> entries ->
          entries.forEach(
              (key, entry) -> check(map.value(), entry, path + "." + key + item(), violations));
      default -> {}
    }
  }

  private String wireName(Member member) {
    String name = member.name();
    return missingMembers.namesFirst()
        ? name
        : Character.toLowerCase(name.charAt(0)) + name.substring(1);
  }

  private String item() {
    return missingMembers.namesFirst() ? "" : ".member";
  }

  private static String parameter(List<String> missing) {
    return "The request must contain the parameter " + missing.getFirst() + ".";
  }

  private static String errors(Violations violations) {
    List<String> errors =
        Stream.concat(
                violations.constraintViolations().stream(),
                violations.missing().stream()
                    .map(
                        path ->
                            "Value null at '"
                                + path
                                + "' failed to satisfy constraint: Member must not be null"))
            .toList();
    return errors.size()
        + (errors.size() == 1 ? " validation error detected: " : " validation errors detected: ")
        + String.join("; ", errors);
  }
}
