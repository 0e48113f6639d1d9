package io.carillon.store;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import java.util.stream.Stream;

/// Blobs as files: `ab/cd/abcd….blob`, in two levels of folders by the first digits of their id.
///
/// *A crash at any point.* Bytes are written under `incoming/`; the next start removes what it
/// finds there. [Upload#commit] syncs the file, renames it and syncs its folder (new folders and
/// their parents too), so a blob that a row references is completely on disk. A blob that was
/// committed but never referenced is an orphan, which the next [#sweep] removes. A blob that lost
/// its last reference is removed by [#removeReleased] only after that loss is synced, see
/// [BlobReferences].
public final class FileBlobs implements Blobs {

  /// What a sweep removed.
  public record Swept(int released, int orphans) {}

  /// The result of a scrub.
  ///
  /// @param blobs how many blobs rows reference
  /// @param bytes how many bytes were read and found right
  /// @param damaged which blobs are damaged, and how
  public record Scrubbed(long blobs, long bytes, List<Damage> damaged) {}

  public record Damage(String id, String why) {}

  /// How long a released blob is kept for its readers.
  private static final Duration RELEASED_GRACE = Duration.ofMinutes(1);

  private static final Duration ORPHAN_GRACE = Duration.ofHours(6);
  private static final String SUFFIX = ".blob";

  /// After how many bytes an upload checks for room again.
  private static final int ROOM_BYTES = 256 << 10;

  private final Path folder;
  private final Path incoming;
  private final Database database;
  private final InstantSource clock;
  private final LongSupplier usableBytes;
  private final long reserveBytes;
  private final BlobReferences references = new BlobReferences();
  private final LongAdder damagedReads = new LongAdder();

  /// Folders known to exist and to be synced.
  private final Set<Path> syncedFolders = ConcurrentHashMap.newKeySet();

  /// Running uploads and blobs that were committed but not referenced yet; empty at a start.
  private final Set<String> unreferenced = ConcurrentHashMap.newKeySet();

  private FileBlobs(
      Path folder,
      Database database,
      InstantSource clock,
      long reserveBytes,
      LongSupplier usableBytes) {
    this.folder = folder;
    this.incoming = folder.resolve("incoming");
    this.database = database;
    this.clock = clock;
    this.reserveBytes = reserveBytes;
    this.usableBytes = usableBytes;
  }

  /// Opens the blobs in `folder`, which rows of `database` reference, and removes unfinished
  /// uploads of former processes.
  public static FileBlobs open(Path folder, Database database, InstantSource clock) {
    RocksDatabase.Settings usual = RocksDatabase.Settings.of(folder);
    return open(folder, database, clock, usual.reserveBytes(), usual.usableBytes());
  }

  /// Whether there is a blob in `folder`.
  public static boolean exist(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return false;
    }
    try (Stream<Path> files = Files.walk(folder)) {
      return files.anyMatch(file -> file.toString().endsWith(SUFFIX));
    }
  }

  static FileBlobs open(
      Path folder,
      Database database,
      InstantSource clock,
      long reserveBytes,
      LongSupplier usableBytes) {
    FileBlobs blobs = new FileBlobs(folder, database, clock, reserveBytes, usableBytes);
    try {
      Folders.create(blobs.incoming);
      try (var leftovers = Files.newDirectoryStream(blobs.incoming)) {
        for (Path leftover : leftovers) {
          Files.delete(leftover);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("The folder of blobs cannot be used: " + folder, e);
    }
    return blobs;
  }

  @Override
  public Upload begin() throws IOException {
    requireRoom();
    byte[] id = new byte[16];
    ThreadLocalRandom.current().nextBytes(id);
    return new FileUpload(HexFormat.of().formatHex(id));
  }

  private void requireRoom() {
    if (usableBytes.getAsLong() < reserveBytes) {
      throw new ReadOnlyException(reserveBytes);
    }
  }

  @Override
  public InputStream open(BlobRef blob, long offset, long lengthBytes) throws IOException {
    return BlobFile.open(
        pathOf(blob.id()), blob.sizeBytes(), offset, lengthBytes, damagedReads::increment);
  }

  @Override
  public void retain(Tx tx, BlobRef blob) {
    references.retain(tx, blob);
    tx.afterCommit(() -> unreferenced.remove(blob.id()));
  }

  @Override
  public void release(Tx tx, BlobRef blob) {
    references.release(tx, blob, clock.instant());
  }

  /// How many reads found a damaged blob since the start.
  public long damagedReads() {
    return damagedReads.sum();
  }

  /// Removes the blobs released a minute ago or earlier; answers how many. To be run often.
  public int removeReleased() throws IOException {
    return references.removeReleased(
        database, clock.instant().minus(RELEASED_GRACE), id -> Files.deleteIfExists(pathOf(id)));
  }

  /// Removes released blobs, then checks every file for one that no row references: those of former
  /// processes at once, those of this one after six hours. To be run soon after each start and
  /// daily; it can be interrupted and run again. It visits the folders in random order, so that a
  /// server which is always stopped before the end still comes to every file.
  public Swept sweep() throws IOException {
    int released = removeReleased();
    Instant until = clock.instant().minus(ORPHAN_GRACE);
    // A repair may have lost references to blobs that rows still contain.
    Instant repaired = StoreRepair.lastRepairThatKeptLater(database).orElse(Instant.MIN);
    int[] orphans = new int[1];
    SimpleFileVisitor<Path> visitor =
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path path, BasicFileAttributes attributes)
              throws IOException {
            String name = path.getFileName().toString();
            String id = name.substring(0, Math.max(0, name.length() - SUFFIX.length()));
            Instant written = attributes.lastModifiedTime().toInstant();
            boolean isLive =
                (unreferenced.contains(id) && written.isAfter(until)) || !written.isAfter(repaired);
            if (name.endsWith(SUFFIX)
                && !isLive
                && !database.<Boolean>read(snapshot -> references.isKnown(snapshot, id))) {
              Files.deleteIfExists(path);
              unreferenced.remove(id);
              orphans[0]++;
            }
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path path, IOException e) throws IOException {
            if (e instanceof NoSuchFileException) {
              return FileVisitResult.CONTINUE; // removed meanwhile
            }
            throw e;
          }
        };
    List<Path> prefixFolders = new ArrayList<>();
    try (Stream<Path> all = Files.list(folder)) {
      all.filter(prefixFolder -> !prefixFolder.equals(incoming)).forEach(prefixFolders::add);
    }
    Collections.shuffle(prefixFolders);
    for (Path prefixFolder : prefixFolders) {
      Files.walkFileTree(prefixFolder, visitor);
    }
    return new Swept(released, orphans[0]);
  }

  /// Reads every block of every blob that a row references.
  public Scrubbed verify() {
    List<Damage> damaged = new ArrayList<>();
    AtomicLong blobs = new AtomicLong();
    AtomicLong bytes = new AtomicLong();
    references.forEachReferenced(
        database,
        (id, reference) -> {
          blobs.incrementAndGet();
          long size = reference.sizeBytes();
          try (InputStream in = BlobFile.open(pathOf(id), size, 0, size, () -> {})) {
            bytes.addAndGet(in.transferTo(OutputStream.nullOutputStream()));
          } catch (IOException e) {
            boolean isReferenced = database.read(snapshot -> references.isReferenced(snapshot, id));
            if (isReferenced) { // else it was removed meanwhile
              damaged.add(new Damage(id, String.valueOf(e.getMessage())));
            }
          }
        });
    return new Scrubbed(blobs.get(), bytes.get(), List.copyOf(damaged));
  }

  private Path pathOf(String id) {
    return folderOf(id).resolve(id + SUFFIX);
  }

  private Path folderOf(String id) {
    return prefixFolderOf(id).resolve(id.substring(2, 4));
  }

  private Path prefixFolderOf(String id) {
    return folder.resolve(id.substring(0, 2));
  }

  /// Creates the folder of a blob and syncs it before a file in it has to be on disk. Both names
  /// are synced, as another upload may have created either just now.
  private Path prepareFolder(String id) throws IOException {
    Path blobFolder = folderOf(id);
    if (!syncedFolders.contains(blobFolder)) {
      Files.createDirectories(blobFolder);
      Folders.sync(prefixFolderOf(id));
      Folders.sync(folder);
      syncedFolders.add(blobFolder);
    }
    return blobFolder;
  }

  private final class FileUpload implements Upload {
    private final String id;
    private final Path path;
    private final FileChannel file;
    private final BlobFile.Writer writer;
    private int sinceRoom;
    private boolean committed;

    private FileUpload(String id) throws IOException {
      this.id = id;
      this.path = incoming.resolve(id);
      this.file = FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
      this.writer = new BlobFile.Writer(file);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      // A long upload must not use up the space that the log and compaction need.
      sinceRoom += length;
      if (sinceRoom >= ROOM_BYTES) {
        requireRoom();
        sinceRoom = 0;
      }
      writer.write(bytes, offset, length);
    }

    @Override
    public BlobRef commit() throws IOException {
      long length = writer.finish();
      file.force(false);
      Path blobFolder = prepareFolder(id);
      unreferenced.add(id);
      Files.move(path, pathOf(id), StandardCopyOption.ATOMIC_MOVE);
      committed = true;
      Folders.sync(blobFolder);
      return new BlobRef(id, length);
    }

    @Override
    public void close() throws IOException {
      file.close();
      if (!committed) {
        Files.deleteIfExists(path);
      }
    }
  }
}
