package io.carillon.store;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Checks the files of a RocksDB store before RocksDB opens them: damage that RocksDB would
/// silently accept is refused, and the torn end that a power loss leaves is cut.
///
/// RocksDB creates a new store where `CURRENT` is missing and removes the tables that it does not
/// name; it takes a missing log for an empty one; it skips pages of zeros in a log. So all this is
/// checked first, under the store's lock. A crash in between is harmless: later logs are removed
/// before the one that they follow is cut, and each step leaves a tail that is cut again.
final class StoreFolder {
  private static final Logger LOG = LoggerFactory.getLogger(StoreFolder.class);
  private static final String LOG_SUFFIX = ".log";

  private final Path folder;

  StoreFolder(Path folder) {
    this.folder = folder;
  }

  /// Makes the files ready to be opened.
  ///
  /// @throws UnusableStoreException if acknowledged changes would be lost
  void prepare() throws IOException {
    if (isEmpty()) {
      return;
    }
    Manifest manifest = Manifest.read(folder);
    switch (check(manifest)) {
      case WalCheck.Whole _ -> {}
      case WalCheck.Torn torn -> cut(torn, manifest);
      case WalCheck.Damaged damaged -> throw refusal(damaged);
    }
    cutManifest(manifest);
  }

  void cutManifest(Manifest manifest) throws IOException {
    if (manifest.torn().isPresent()) {
      LOG.info(
          "The end of {} was torn by a power loss or a kill; cut at byte {}",
          manifest.file(),
          manifest.torn().get());
      truncate(manifest.file(), manifest.torn().get());
    }
  }

  WalCheck.Finding check(Manifest manifest) throws IOException {
    List<Path> logs = logs(0);
    if (logs.isEmpty() && manifest.logNumber() > 0) {
      Path missing = folder.resolve("%06d.log".formatted(manifest.logNumber()));
      return new WalCheck.Damaged(missing, 0, manifest.lastSequence() + 1, WalCheck.Kind.NO_LOG);
    }
    return WalCheck.of(logs(manifest.logNumber()), manifest.lastSequence());
  }

  /// Whether there is no store here yet. An interrupted first start leaves none: it writes no table
  /// and no log before `CURRENT`.
  boolean isEmpty() throws IOException {
    Path current = folder.resolve(Manifest.CURRENT);
    if (Files.exists(current)) {
      return false;
    }
    try (Stream<Path> files = Files.list(folder)) {
      boolean holdsData =
          files
              .map(file -> file.getFileName().toString())
              .anyMatch(name -> name.endsWith(".sst") || name.endsWith(LOG_SUFFIX));
      if (holdsData) {
        throw UnusableStoreException.damaged(folder, current, "it is missing");
      }
    }
    return true;
  }

  /// The logs of this number and later ones, in order.
  List<Path> logs(long number) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> numberOf(file) >= number)
          .sorted(Comparator.comparingLong(StoreFolder::numberOf))
          .toList();
    }
  }

  private static long numberOf(Path file) {
    String name = file.getFileName().toString();
    return name.matches("\\d{6,18}\\.log")
        ? Long.parseLong(name.substring(0, name.length() - LOG_SUFFIX.length()))
        : -1;
  }

  private UnusableStoreException refusal(WalCheck.Damaged damaged) {
    return new UnusableStoreException(
        ("The store in %s is damaged: %s. Changes after that place had been synced, so this is not"
             + " the torn end that a power loss leaves, and to start would lose them. Nothing was"
             + " changed. `./carillon repair --data %s` shows what is lost and makes it open again;"
             + " a backup of the data folder may lose less.")
            .formatted(folder, damaged.describe(), folder.toAbsolutePath().normalize().getParent()),
        null);
  }

  private void cut(WalCheck.Torn torn, Manifest manifest) throws IOException {
    List<Path> later = new ArrayList<>();
    for (Path log : logs(manifest.logNumber())) {
      if (numberOf(log) > numberOf(torn.file())) {
        later.add(log);
      }
    }
    long bytes = Files.size(torn.file()) - torn.offset();
    if (torn.marked() || torn.wholeBehind() == 0) {
      LOG.info(
          "The end of {} was torn by a power loss or a kill, nothing after byte {} was"
              + " acknowledged; cut {} bytes",
          torn.file(),
          torn.offset(),
          bytes);
    } else {
      LOG.warn(
          "{} has a bad record at byte {} with {} whole ones after it. It was written by a version"
              + " that did not note what was synced, so whether they were acknowledged is not"
              + " known; they are cut off, as that version would have done",
          torn.file(),
          torn.offset(),
          torn.wholeBehind());
    }
    for (Path log : later.reversed()) {
      Files.delete(log);
    }
    Folders.sync(folder);
    truncate(torn.file(), torn.offset());
  }

  static void truncate(Path file, long length) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.truncate(length);
      channel.force(true);
    }
  }
}
