package io.carillon.lambda.runtime;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;

/// What every user of this machine can read: functions of a server that is root have user ids of
/// their own, to which nothing belongs.
final class PublicAccess {
  private PublicAccess() {}

  /// Whether everybody can read what lies there, and get there.
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
      return false; // what is not there cannot be read
    }
  }

  private static boolean allows(Path path, PosixFilePermission permission) throws IOException {
    return Files.getPosixFilePermissions(path).contains(permission);
  }

  /// Lets everybody read a file or look into a folder, whatever this process's umask is.
  static void grant(Path path) throws IOException {
    boolean folder = Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS);
    Files.setPosixFilePermissions(
        path, PosixFilePermissions.fromString(folder ? "rwxr-xr-x" : "rw-r--r--"));
  }
}
