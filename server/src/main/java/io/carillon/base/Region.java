package io.carillon.base;

import java.util.regex.Pattern;

/// The name of a region, such as `eu-central-1`. Any well-formed name is a region here: nothing is
/// reserved, so scripts written for a region that AWS opens tomorrow work today.
public record Region(String name) {
  private static final Pattern GRAMMAR = Pattern.compile("[a-z]{2,}(-[a-z]+)+-[0-9]{1,2}");

  public static final Region US_EAST_1 = new Region("us-east-1");

  public Region {
    if (!GRAMMAR.matcher(name).matches()) {
      throw new IllegalArgumentException("Not a region name: " + name);
    }
  }

  public static boolean isValid(String name) {
    return GRAMMAR.matcher(name).matches();
  }

  @Override
  public String toString() {
    return name;
  }
}
