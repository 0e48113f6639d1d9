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
import java.util.concurrent.ConcurrentHashMap;

/// Unpacked deployment packages, each in a folder named by its archive's digest, so functions and
/// versions with the same code share one.
///
/// It is a cache: the archives lie in the store. It is emptied at start, because nothing here is
/// synced and a folder from before a power loss may hold half of its files.
public final class CodeFolders {
  private final Path root;
  private final ConcurrentHashMap<String, Object> locks = new ConcurrentHashMap<>();

  /// @param root is emptied
  public CodeFolders(Path root) throws IOException {
    this.root = root;
    deleteTree(root);
    Files.createDirectories(root);
  }

  /// The folder with the unpacked archive. Unpacks it now if nobody has.
  ///
  /// @throws BadArchiveException where the archive is not one that Lambda would take
  public Path folderOf(FunctionSpec.Code code) throws IOException {
    Path folder = root.resolve(code.sha256());
    if (Files.isDirectory(folder)) {
      return folder;
    }
    synchronized (locks.computeIfAbsent(code.sha256(), _ -> new Object())) {
      if (!Files.isDirectory(folder)) {
        unpack(code, folder);
      }
      return folder;
    }
  }

  /// Removes an unpacked archive that no environment runs from any more.
  void forget(String sha256) throws IOException {
    synchronized (locks.computeIfAbsent(sha256, _ -> new Object())) {
      deleteTree(root.resolve(sha256));
    }
  }

  private void unpack(FunctionSpec.Code code, Path folder) throws IOException {
    Path archive = Files.createTempFile(root, "archive", ".zip");
    Path unfinished = Files.createTempDirectory(root, "unpacking");
    try {
      try (InputStream in = code.archive().open()) {
        Files.copy(in, archive, StandardCopyOption.REPLACE_EXISTING);
      }
      ZipPackage.unpack(archive, unfinished);
      Files.move(unfinished, folder, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(archive);
      deleteTree(unfinished);
    }
  }

  private static void deleteTree(Path tree) throws IOException {
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
