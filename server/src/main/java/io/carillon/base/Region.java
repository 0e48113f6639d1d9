package io.carillon.base;

import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;

/// The name of a region, such as `eu-central-1`. Any well-formed name is a region here: nothing is
/// reserved, so scripts written for a region that AWS opens tomorrow work today.
public record Region(String name) {
  private static final Pattern GRAMMAR = Pattern.compile("[a-z]{2,}(-[a-z]+)+-[0-9]{1,2}");

  /// Names seen to be well-formed, since every request names one. Not more than there may be.
  private static final Set<String> SEEN = ConcurrentHashMap.newKeySet();

  private static final int MOST_SEEN = 200;

  public static final Region US_EAST_1 = new Region("us-east-1");

  public Region {
    if (!isValid(name)) {
      throw new IllegalArgumentException("Not a region name: " + name);
    }
  }

  public static boolean isValid(String name) {
    if (SEEN.contains(name)) {
      return true;
    }
    boolean valid = GRAMMAR.matcher(name).matches();
    if (valid && SEEN.size() < MOST_SEEN) {
      SEEN.add(name);
    }
    return valid;
  }

  /// The region that a signature's scope names; empty for what is none. Java's SDK signs for
  /// `aws-global` where it is given that and an endpoint; the endpoints that it names so on AWS are
  /// those of us-east-1.
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
