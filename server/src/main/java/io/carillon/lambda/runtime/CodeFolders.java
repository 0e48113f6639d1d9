package io.carillon.lambda.runtime;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/// A cache of unpacked deployment packages, each in a folder named by its archive's digest, so
/// functions and versions with the same code share one.
///
/// It is emptied at start, because nothing here is synced, and after a power loss a folder may be
/// incomplete. Unused folders beyond a limit are removed, the least recently used first.
public final class CodeFolders {
  private static final int CACHED = 64;
  private static final int LOCKS = 32;

  private final Path root;

  /// Striped locks: one thread at a time creates or removes a folder.
  private final List<Object> locks = Stream.generate(Object::new).limit(LOCKS).toList();

  /// How many environments run from each folder, the least recently used folder first.
  private final LinkedHashMap<String, Integer> useCounts = new LinkedHashMap<>(CACHED, 0.75f, true);

  /// @param root is emptied
  public CodeFolders(Path root) throws IOException {
    this.root = root;
    deleteTree(root);
    PublicPermissions.grant(Files.createDirectories(root));
  }

  /// Unpacks an archive, unless it is cached, to validate it.
  ///
  /// @throws BadArchiveException where the archive is not one that Lambda would take
  public void check(FunctionSpec.Code code) throws IOException {
    var _ = use(code);
    release(code);
  }

  /// The folder with the unpacked archive, which is kept until [#release].
  ///
  /// @throws BadArchiveException where the archive is not one that Lambda would take
  Path use(FunctionSpec.Code code) throws IOException {
    String sha256 = code.sha256();
    Path folder = root.resolve(sha256);
    synchronized (lockOf(sha256)) {
      synchronized (useCounts) {
        useCounts.merge(sha256, 1, Integer::sum);
      }
      try {
        if (!Files.isDirectory(folder)) {
          unpack(code, folder);
        }
        return folder;
      } catch (IOException | RuntimeException e) {
        synchronized (useCounts) {
          useCounts.remove(sha256);
        }
        throw e;
      }
    }
  }

  /// Decrements the number of environments that use the folder.
  void release(FunctionSpec.Code code) throws IOException {
    synchronized (useCounts) {
      useCounts.computeIfPresent(code.sha256(), (_, count) -> count - 1);
    }
    for (String unused : evictUnused()) {
      synchronized (lockOf(unused)) {
        if (!isTracked(unused)) { // not used again meanwhile
          deleteTree(root.resolve(unused));
        }
      }
    }
  }

  private Object lockOf(String sha256) {
    return locks.get(Math.floorMod(sha256.hashCode(), LOCKS));
  }

  private boolean isTracked(String sha256) {
    synchronized (useCounts) {
      return useCounts.containsKey(sha256);
    }
  }

  /// Removes unused folders beyond the limit from the map and returns them.
  private List<String> evictUnused() {
    synchronized (useCounts) {
      List<String> unused =
          useCounts.entrySet().stream()
              .filter(entry -> entry.getValue() == 0)
              .limit(Math.max(0, useCounts.size() - CACHED))
              .map(Map.Entry::getKey)
              .toList();
      unused.forEach(useCounts::remove);
      return unused;
    }
  }

  private void unpack(FunctionSpec.Code code, Path folder) throws IOException {
    Path archive = Files.createTempFile(root, "archive", ".zip");
    Path unpacking = Files.createTempDirectory(root, "unpacking");
    try {
      try (InputStream in = code.archive().open()) {
        Files.copy(in, archive, StandardCopyOption.REPLACE_EXISTING);
      }
      ZipPackage.unpack(archive, unpacking);
      Files.move(unpacking, folder, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(archive);
      deleteTree(unpacking);
    }
  }

  static void deleteTree(Path tree) throws IOException {
    try {
      Files.walkFileTree( // does not follow links
          tree,
          new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                throws IOException {
              Files.delete(file);
              return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(
                Path folder, @org.jspecify.annotations.Nullable IOException failure)
                throws IOException {
              if (failure != null) {
                throw failure;
              }
              Files.delete(folder);
              return FileVisitResult.CONTINUE;
            }
          });
    } catch (NoSuchFileException e) {
      return; // nothing to delete
    }
  }
}
