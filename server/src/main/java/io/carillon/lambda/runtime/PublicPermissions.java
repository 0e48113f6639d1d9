package io.carillon.lambda.runtime;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;

/// Public file permissions: functions of a root server have their own user ids, which own nothing.
final class PublicPermissions {
  private PublicPermissions() {}

  /// Whether every user can reach and read the path.
  static boolean allows(Path path) {
    try {
      Path real = path.toRealPath();
      for (Path parent = real.getParent(); parent != null; parent = parent.getParent()) {
        if (!allows(parent, PosixFilePermission.OTHERS_EXECUTE)) {
          return false;
        }
      }
      return allows(real, PosixFilePermission.OTHERS_READ)
          && allows(real, PosixFilePermission.OTHERS_EXECUTE);
    } catch (IOException e) {
      return false; // missing or not accessible
    }
  }

  private static boolean allows(Path path, PosixFilePermission permission) throws IOException {
    return Files.getPosixFilePermissions(path).contains(permission);
  }

  /// Makes a file or folder readable for every user, whatever the umask.
  static void grant(Path path) throws IOException {
    boolean folder = Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS);
    Files.setPosixFilePermissions(
        path, PosixFilePermissions.fromString(folder ? "rwxr-xr-x" : "rw-r--r--"));
  }
}
