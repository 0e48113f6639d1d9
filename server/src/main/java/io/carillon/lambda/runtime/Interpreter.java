package io.carillon.lambda.runtime;

import java.nio.file.Path;
import java.util.List;

/// A program that runs functions and has been probed.
///
/// @param executable its real path, links and shims resolved
/// @param folders folders it needs to read in addition to the system's
/// @param hasAwsSdk whether the AWS SDK is installed for it, as on AWS
record Interpreter(
    Family family, Version version, Path executable, List<Path> folders, boolean hasAwsSdk) {

  enum Family {
    PYTHON("Python", "python"),
    NODE("Node.js", "nodejs"),
    JAVA("Java", "java");

    final String title;
    final String prefix;

    Family(String title, String prefix) {
      this.title = title;
      this.prefix = prefix;
    }
  }

  /// The version as in AWS's runtime names: `3.12`, `20`, `25`.
  record Version(int major, int minor) implements Comparable<Version> {

    /// Reads `3.12`, `20.x`, `8.al2`, `21`; minor is 0 if absent.
    static Version parse(String text) {
      String[] part = text.split("\\.", -1);
      boolean hasMinor = part.length > 1 && part[1].matches("[0-9]+");
      return new Version(Integer.parseInt(part[0]), hasMinor ? Integer.parseInt(part[1]) : 0);
    }

    int distance(Version other) {
      return Math.abs((major - other.major) * 1000 + minor - other.minor);
    }

    @Override
    public int compareTo(Version other) {
      return Integer.compare(major * 1000 + minor, other.major * 1000 + other.minor);
    }

    @Override
    public String toString() {
      return minor == 0 ? Integer.toString(major) : major + "." + minor;
    }
  }
}
