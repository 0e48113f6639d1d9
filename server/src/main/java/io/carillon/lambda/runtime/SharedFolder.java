package io.carillon.lambda.runtime;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A temporary folder of this process that every user can traverse: functions with other user ids
/// run from it, because they cannot read the data folder. It is removed with this process; after a
/// crash, the next process that creates such a folder removes it.
public final class SharedFolder implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SharedFolder.class);
  private static final String PREFIX = "carillon-functions-";
  private static final String CLAIM = "claim";

  private final Path path;
  private final ProcessFileLock claim;

  private SharedFolder(Path path, ProcessFileLock claim) {
    this.path = path;
    this.claim = claim;
  }

  public static SharedFolder make() throws IOException {
    Path all = Path.of(System.getProperty("java.io.tmpdir"));
    Path path = Files.createTempDirectory(all, PREFIX);
    ProcessFileLock claim =
        ProcessFileLock.of(path.resolve(CLAIM))
            .orElseThrow(() -> new IOException(path + " is taken"));
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwx--x--x"));
    removeAbandoned(all, Files.getOwner(path));
    return new SharedFolder(path, claim);
  }

  public Path path() {
    return path;
  }

  /// Never removes another user's folders.
  private static void removeAbandoned(Path all, UserPrincipal self) throws IOException {
    try (DirectoryStream<Path> folders = Files.newDirectoryStream(all, PREFIX + "*")) {
      for (Path folder : folders) {
        try {
          if (isOf(self, folder)) {
            removeIfAbandoned(folder);
          }
        } catch (IOException e) {
          LOG.debug("{} remains", folder, e);
        }
      }
    }
  }

  private static boolean isOf(UserPrincipal user, Path folder) throws IOException {
    return Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)
        && Files.exists(folder.resolve(CLAIM), LinkOption.NOFOLLOW_LINKS)
        && Files.getOwner(folder, LinkOption.NOFOLLOW_LINKS).equals(user);
  }

  private static void removeIfAbandoned(Path folder) throws IOException {
    Optional<ProcessFileLock> claim = ProcessFileLock.of(folder.resolve(CLAIM));
    if (claim.isPresent()) {
      try {
        CodeFolders.deleteTree(folder);
      } finally {
        claim.get().close();
      }
    }
  }

  @Override
  public void close() {
    try {
      CodeFolders.deleteTree(path);
    } catch (IOException e) {
      LOG.warn("The folder {} remains", path, e);
    } finally {
      claim.close();
    }
  }
}
