package io.carillon.base;

import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;

/// The name of a region, such as `eu-central-1`. Any well-formed name is accepted, so regions that
/// AWS opens later work too.
public record Region(String name) {
  private static final Pattern GRAMMAR = Pattern.compile("[a-z]{2,}(-[a-z]+)+-[0-9]{1,2}");

  /// Names already found valid, since every request names one. Bounded by [#MAX_KNOWN].
  private static final Set<String> KNOWN = ConcurrentHashMap.newKeySet();

  private static final int MAX_KNOWN = 200;

  public static final Region US_EAST_1 = new Region("us-east-1");

  public Region {
    if (!isValid(name)) {
      throw new IllegalArgumentException("Not a region name: " + name);
    }
  }

  public static boolean isValid(String name) {
    if (KNOWN.contains(name)) {
      return true;
    }
    boolean valid = GRAMMAR.matcher(name).matches();
    if (valid && KNOWN.size() < MAX_KNOWN) {
      KNOWN.add(name);
    }
    return valid;
  }

  /// The region of a signature's credential scope; empty if the name is not valid. The SDK for Java
  /// signs for `aws-global` when configured with it and an endpoint; AWS's `aws-global` endpoints
  /// are in us-east-1.
  public static Optional<Region> ofScope(String name) {
    if (name.equals("aws-global")) {
      return Optional.of(US_EAST_1);
    }
    return isValid(name) ? Optional.of(new Region(name)) : Optional.empty();
  }

  @Override
  public String toString() {
    return name;
  }
}
