package io.carillon.aws.protocol;

import io.carillon.aws.CommonError;
import io.carillon.aws.protocol.MemberType.ListOf;
import io.carillon.aws.protocol.MemberType.MapOf;
import io.carillon.aws.protocol.MemberType.Struct;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.SdkPojo;

/// Refuses requests that lack what the model insists on, or hold what it does not allow, however
/// deep, so that no operation and no needs function has to ask for it again. All that is wrong is
/// told at once, counted.
final class MemberValidation {
  private final Shapes shapes;
  private final boolean bySqs;
  private final Constraints constraints;

  /// @param bySqs whether to say it as SQS does, which names the first parameter as it is sent; the
  ///   others list all members, as their Java classes would call them
  MemberValidation(Shapes shapes, boolean bySqs) {
    this(shapes, bySqs, Constraints.NONE);
  }

  MemberValidation(Shapes shapes, boolean bySqs, Constraints constraints) {
    this.shapes = shapes;
    this.bySqs = bySqs;
    this.constraints = constraints;
  }

  /// What is wrong with a request.
  ///
  /// @param missing paths of members that are not there
  /// @param violations of constraints, in words
  private record Flaws(List<String> missing, List<String> violations) {}

  /// @return `input`
  /// @throws io.carillon.aws.AwsException [CommonError#MISSING_PARAMETER]
  SdkPojo on(SdkPojo input) {
    Flaws flaws = new Flaws(new ArrayList<>(0), new ArrayList<>(0));
    look(input, "", flaws);
    if (!flaws.missing().isEmpty() || !flaws.violations().isEmpty()) {
      throw CommonError.MISSING_PARAMETER.because(
          bySqs ? parameter(flaws.missing()) : errors(flaws));
    }
    return input;
  }

  private void look(SdkPojo structure, String path, Flaws flaws) {
    Shape shape = shapes.of(structure);
    String name = structure.getClass().getSimpleName();
    if (constraints.knows(name)) {
      for (Member member : shape.all()) {
        Object value = member.get(structure);
        if (value != null) {
          constraints.check(name, member, path + spell(member), value, flaws.violations()::add);
        }
      }
    }
    for (Member member : shape.required()) {
      if (member.get(structure) == null && !isJudgedLater(member)) {
        flaws.missing().add(path + spell(member));
      }
    }
    for (Member member : shape.nested()) {
      look(member.kind(), member.get(structure), path + spell(member), flaws);
    }
  }

  private void look(MemberType kind, @Nullable Object value, String path, Flaws flaws) {
    switch (kind) {
      case Struct _ when value instanceof SdkPojo structure -> look(structure, path + ".", flaws);
      case ListOf list when value instanceof List<?> items -> {
        for (int i = 0; i < items.size(); i++) {
          look(list.item(), items.get(i), path + "." + (i + 1) + item(), flaws);
        }
      }
      case MapOf map when value instanceof Map<?, ?> entries ->
          entries.forEach(
              (key, entry) -> look(map.value(), entry, path + "." + key + item(), flaws));
      default -> {}
    }
  }

  /// A batch without entries is an error of its own, and a query cannot tell none from an empty
  /// list.
  private boolean isJudgedLater(Member member) {
    return bySqs && member.field().memberName().equals("Entries");
  }

  private String spell(Member member) {
    String name = member.name();
    return bySqs ? name : Character.toLowerCase(name.charAt(0)) + name.substring(1);
  }

  private String item() {
    return bySqs ? "" : ".member";
  }

  private static String parameter(List<String> missing) {
    return "The request must contain the parameter " + missing.getFirst() + ".";
  }

  private static String errors(Flaws flaws) {
    List<String> errors =
        Stream.concat(
                flaws.violations().stream(),
                flaws.missing().stream()
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
