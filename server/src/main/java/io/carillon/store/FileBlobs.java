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
/// *A crash at any point.* Bytes are written under `incoming/`: what is found there at the next
/// start belongs to nobody. [Upload#commit] syncs the file, renames it and syncs its folder (new
/// folders and their parents too), so a blob that a row names is on disk whole. A blob that was
/// committed but never named is an orphan and goes with the next [#sweep]. A blob that lost its
/// last name is removed by [#removeReleased] only after that loss is synced, see [BlobReferences].
public final class FileBlobs implements Blobs {

  /// What a sweep took away.
  public record Swept(int released, int orphans) {}

  /// What a scrub found.
  ///
  /// @param blobs how many blobs rows name
  /// @param bytes how many bytes were read and found right
  /// @param damaged what is wrong with which blob
  public record Scrubbed(long blobs, long bytes, List<Damage> damaged) {}

  public record Damage(String id, String why) {}

  /// How long a blob without a name is kept for those who read it or are about to name it.
  private static final Duration RELEASED_GRACE = Duration.ofMinutes(1);

  private static final Duration ORPHAN_GRACE = Duration.ofHours(6);
  private static final String SUFFIX = ".blob";

  /// After how many bytes an upload looks whether there is still room.
  private static final int ROOM_BYTES = 256 << 10;

  private final Path folder;
  private final Path incoming;
  private final Database database;
  private final InstantSource clock;
  private final LongSupplier usableBytes;
  private final long reserveBytes;
  private final BlobReferences references = new BlobReferences();
  private final LongAdder damagedReads = new LongAdder();

  /// Folders that are known to be there and synced.
  private final Set<Path> ready = ConcurrentHashMap.newKeySet();

  /// Uploads under way and blobs that were committed but not named yet. A start finds none.
  private final Set<String> unnamed = ConcurrentHashMap.newKeySet();

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

  /// Opens the blobs in `folder`, whose names are rows of `database`, and clears unfinished uploads
  /// of former processes away.
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
    tx.afterCommit(() -> unnamed.remove(blob.id()));
  }

  @Override
  public void release(Tx tx, BlobRef blob) {
    references.release(tx, blob, clock.instant());
  }

  /// How many reads met a blob that is damaged, since the start.
  public long damagedReads() {
    return damagedReads.sum();
  }

  /// Removes what was released a minute ago or more; answers how many blobs. To be run often.
  public int removeReleased() throws IOException {
    return references.removeReleased(
        database, clock.instant().minus(RELEASED_GRACE), id -> Files.deleteIfExists(pathOf(id)));
  }

  /// Removes what was released, then looks at every file for one that no row names: those of former
  /// processes at once, those of this one after six hours. To be run soon after each start and
  /// daily; it can be interrupted and run again. It takes the folders in an order of chance, so
  /// that also a server that is stopped before the end of each comes to every file.
  public Swept sweep() throws IOException {
    int released = removeReleased();
    Instant until = clock.instant().minus(ORPHAN_GRACE);
    // A repair may have lost references to blobs that rows still name.
    Instant repaired = StoreRepair.lastThatKeptLater(database).orElse(Instant.MIN);
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
                unnamed.contains(id) && written.isAfter(until) || !written.isAfter(repaired);
            if (name.endsWith(SUFFIX)
                && !isLive
                && !database.<Boolean>read(snapshot -> references.isKnown(snapshot, id))) {
              Files.deleteIfExists(path);
              unnamed.remove(id);
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
    List<Path> aisles = new ArrayList<>();
    try (Stream<Path> all = Files.list(folder)) {
      all.filter(aisle -> !aisle.equals(incoming)).forEach(aisles::add);
    }
    Collections.shuffle(aisles);
    for (Path aisle : aisles) {
      Files.walkFileTree(aisle, visitor);
    }
    return new Swept(released, orphans[0]);
  }

  /// Reads every block of every blob that a row names.
  public Scrubbed verify() {
    List<Damage> damaged = new ArrayList<>();
    AtomicLong blobs = new AtomicLong();
    AtomicLong bytes = new AtomicLong();
    references.forEachNamed(
        database,
        (id, named) -> {
          blobs.incrementAndGet();
          long size = named.sizeBytes();
          try (InputStream in = BlobFile.open(pathOf(id), size, 0, size, () -> {})) {
            bytes.addAndGet(in.transferTo(OutputStream.nullOutputStream()));
          } catch (IOException e) {
            boolean isNamed = database.read(snapshot -> references.isNamed(snapshot, id));
            if (isNamed) { // else it was removed meanwhile
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
    return aisleOf(id).resolve(id.substring(2, 4));
  }

  private Path aisleOf(String id) {
    return folder.resolve(id.substring(0, 2));
  }

  /// The folder of a blob, on disk before something in it has to be. Both names are synced, for
  /// another upload may have made either just now.
  private Path prepareFolder(String id) throws IOException {
    Path folder = folderOf(id);
    if (!ready.contains(folder)) {
      Files.createDirectories(folder);
      Folders.sync(aisleOf(id));
      Folders.sync(folder);
      ready.add(folder);
    }
    return folder;
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
      // A long upload that was let in must not eat what the log and compaction need.
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
      Path folder = prepareFolder(id);
      unnamed.add(id);
      Files.move(path, pathOf(id), StandardCopyOption.ATOMIC_MOVE);
      committed = true;
      Folders.sync(folder);
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
