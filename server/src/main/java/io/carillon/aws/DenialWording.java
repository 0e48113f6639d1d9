package io.carillon.aws;

import java.util.function.UnaryOperator;

/// How a service writes actions and resources when it denies access.
///
/// @param action from the action as in policies
/// @param resource from the resource's ARN
public record DenialWording(UnaryOperator<String> action, UnaryOperator<String> resource) {
  public static final DenialWording AS_IN_POLICIES =
      new DenialWording(UnaryOperator.identity(), UnaryOperator.identity());

  public static DenialWording ofActions(UnaryOperator<String> action) {
    return new DenialWording(action, UnaryOperator.identity());
  }

  public static DenialWording ofResources(UnaryOperator<String> resource) {
    return new DenialWording(UnaryOperator.identity(), resource);
  }
}
