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
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import java.util.stream.Stream;

/// Blobs as files: `ab/cd/abcd….blob`, in two levels of folders by the first digits of their id.
/// Several nodes may share the folder.
///
/// *A crash at any point.* Bytes are written under `incoming/`. [Upload#commit] syncs the file,
/// renames it and syncs its folder (new folders and their parents too), so a blob that a row
/// references is completely on disk. A blob that was committed but never referenced is an orphan,
/// which a later [#sweep] removes. A blob that lost its last reference is removed by
/// [#removeReleased] only after that loss is synced, see [BlobReferences].
///
/// *Whose it is.* A blob is on disk before a row references it, so nothing in the database tells an
/// orphan from an upload under way. The id does: it ends with the incarnation that wrote it.
///
/// - An orphan of a living incarnation, only that one removes: it knows its uploads under way.
/// - What an ended one wrote and no row references, everyone removes, incoming files too: the first
///   reference is made by the incarnation that wrote the blob, in a transaction that fails if that
///   was declared to have ended ([Incarnations#requireLiving]).
/// - An orphan is marked doomed in a transaction before its file is removed; the transaction that
///   would reference it conflicts with that one. So whichever commits first wins, however long
///   either is paused.
///
/// An upload pays nothing for this but some digits. A pending row for each upload would do as well,
/// for another commit.
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

  /// Precedes the incarnation in an id. Ids of former versions have none: these ran alone.
  private static final String OWNER = "-";

  /// After how many bytes an upload checks for room again.
  private static final int ROOM_BYTES = 256 << 10;

  private final Path folder;
  private final Path incoming;
  private final Database database;
  private final Incarnations incarnations;
  private final InstantSource clock;
  private final LongSupplier usableBytes;
  private final long reserveBytes;
  private final BlobReferences references = new BlobReferences();
  private final LongAdder damagedReads = new LongAdder();

  /// Folders known to exist and to be synced.
  private final Set<Path> syncedFolders = ConcurrentHashMap.newKeySet();

  /// The blobs that this incarnation wrote and no row has referenced yet, with the time of their
  /// commit.
  private final Map<String, Instant> unreferenced = new ConcurrentHashMap<>();

  private FileBlobs(
      Path folder,
      Database database,
      Incarnations incarnations,
      InstantSource clock,
      long reserveBytes,
      LongSupplier usableBytes) {
    this.folder = folder;
    this.incoming = folder.resolve("incoming");
    this.database = database;
    this.incarnations = incarnations;
    this.clock = clock;
    this.reserveBytes = reserveBytes;
    this.usableBytes = usableBytes;
  }

  /// Opens the blobs in `folder`, which rows of `database` reference, and removes unfinished
  /// uploads of incarnations that have ended.
  public static FileBlobs open(
      Path folder, Database database, Incarnations incarnations, InstantSource clock) {
    RocksDatabase.Settings usual = RocksDatabase.Settings.of(folder);
    return open(folder, database, incarnations, clock, usual.reserveBytes(), usual.usableBytes());
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
      Incarnations incarnations,
      InstantSource clock,
      long reserveBytes,
      LongSupplier usableBytes) {
    FileBlobs blobs =
        new FileBlobs(folder, database, incarnations, clock, reserveBytes, usableBytes);
    try {
      Folders.create(blobs.incoming);
      blobs.removeUnfinished();
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
    return new FileUpload(
        HexFormat.of().formatHex(id) + OWNER + Long.toHexString(incarnations.current()));
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
    if (references.retain(tx, blob) && isOwn(blob.id())) {
      if (!unreferenced.containsKey(blob.id())) {
        throw new IllegalStateException("Blob " + blob.id() + " was not referenced for too long");
      }
      incarnations.requireLiving(tx);
      tx.afterCommit(() -> unreferenced.remove(blob.id()));
    }
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

  /// Removes the blobs of this incarnation that no row has referenced for six hours; answers how
  /// many. Each node removes its own.
  public int removeAbandoned() throws IOException {
    Instant until = clock.instant().minus(ORPHAN_GRACE);
    List<String> old = new ArrayList<>();
    unreferenced.forEach(
        (id, committed) -> {
          if (!committed.isAfter(until)) {
            old.add(id);
          }
        });
    int removed = removeOrphans(old);
    old.forEach(unreferenced::remove); // those of which it was not learned that a row has them
    return removed;
  }

  private int removeOrphans(List<String> ids) throws IOException {
    return references.removeOrphans(
        database,
        ids,
        clock.instant(),
        unreferenced::remove,
        id -> Files.deleteIfExists(pathOf(id)));
  }

  /// Removes released and abandoned blobs, and whatever incarnations that have ended left behind:
  /// it checks every file of theirs for one that no row references. To be run soon after each start
  /// and daily; it can be interrupted and run again. It visits the folders in random order, so that
  /// a server which is always stopped before the end still comes to every file.
  public Swept sweep() throws IOException {
    int released = removeReleased();
    int orphans = removeAbandoned();
    removeUnfinished();
    // A repair may have lost references to blobs that rows still contain.
    Instant repaired = StoreRepair.lastRepairThatKeptLater(database).orElse(Instant.MIN);
    List<Path> prefixFolders = new ArrayList<>();
    try (Stream<Path> all = Files.list(folder)) {
      all.filter(prefixFolder -> !prefixFolder.equals(incoming)).forEach(prefixFolders::add);
    }
    Collections.shuffle(prefixFolders);
    for (Path prefixFolder : prefixFolders) {
      orphans += removeOrphans(left(prefixFolder, repaired));
    }
    return new Swept(released, orphans);
  }

  /// The blobs in a folder that were left by incarnations that have ended and that no row
  /// references.
  private List<String> left(Path prefixFolder, Instant repaired) throws IOException {
    List<String> left = new ArrayList<>();
    SimpleFileVisitor<Path> visitor =
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path path, BasicFileAttributes attributes) {
            String name = path.getFileName().toString();
            String id = name.substring(0, Math.max(0, name.length() - SUFFIX.length()));
            if (name.endsWith(SUFFIX)
                && attributes.lastModifiedTime().toInstant().isAfter(repaired)
                && !database.<Boolean>read(
                    snapshot -> !hasEnded(snapshot, id) || references.isKnown(snapshot, id))) {
              left.add(id);
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
    Files.walkFileTree(prefixFolder, visitor);
    return left;
  }

  /// Removes the unfinished uploads of incarnations that have ended.
  private void removeUnfinished() throws IOException {
    try (var files = Files.newDirectoryStream(incoming)) {
      for (Path file : files) {
        String id = file.getFileName().toString();
        if (database.<Boolean>read(snapshot -> hasEnded(snapshot, id))) {
          Files.deleteIfExists(file);
        }
      }
    }
  }

  private boolean isOwn(String id) {
    return id.endsWith(OWNER + Long.toHexString(incarnations.current()));
  }

  /// Whether the incarnation that wrote a blob has ended. Of a file that is none of ours it has: as
  /// before, it is removed.
  private boolean hasEnded(Snapshot snapshot, String id) {
    int owner = id.lastIndexOf(OWNER);
    if (owner < 0) {
      return true;
    }
    try {
      return incarnations.hasEnded(
          snapshot, Long.parseUnsignedLong(id.substring(owner + OWNER.length()), 16));
    } catch (NumberFormatException _) {
      return true;
    }
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
      unreferenced.put(id, clock.instant());
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
