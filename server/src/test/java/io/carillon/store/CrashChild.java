package io.carillon.store;

import io.carillon.store.Blobs.BlobRef;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/// The process that [CrashTest] kills: writes to a store from many threads and prints each
/// acknowledged key on a line. It also checks what it wrote.
final class CrashChild {
  record Thing(byte[] inline, BlobRef blob) {}

  record Event(String key) {}

  private static final Table<String, Thing> THINGS =
      Table.of("crash.things", KeyCodec.STRING, Thing.class);
  private static final Table<String, Event> EVENTS =
      Table.of("crash.events", KeyCodec.STRING, Event.class);
  private static final BlobRef NO_BLOB = new BlobRef("", 0);
  private static final int WRITERS = 8;

  private final Database database;
  private final FileBlobs blobs;

  CrashChild(Database database, FileBlobs blobs) {
    this.database = database;
    this.blobs = blobs;
  }

  /// @param arguments the folder, the number of the round, and `synced` or `unsynced`
  public static void main(String[] arguments) throws Exception {
    Path folder = Path.of(arguments[0]);
    CrashChild child = open(folder, arguments[2].equals("synced"));
    List<Thread> writers = new ArrayList<>();
    for (int writer = 0; writer < WRITERS; writer++) {
      String prefix = arguments[1] + "/" + writer + "/";
      writers.add(Thread.ofVirtual().start(() -> child.writeForever(prefix)));
    }
    for (Thread writer : writers) {
      writer.join();
    }
  }

  static CrashChild open(Path folder, boolean synced) {
    Path rows = folder.resolve("db");
    RocksDatabase.Settings settings = RocksDatabase.Settings.of(rows);
    RocksDatabase database =
        synced ? RocksDatabase.open(rows, settings) : RocksDatabase.openWithoutSync(rows, settings);
    return new CrashChild(
        database,
        FileBlobs.open(
            folder.resolve("blobs"),
            database,
            new OnlyIncarnation(System.nanoTime()),
            InstantSource.system()));
  }

  void close() {
    database.close();
  }

  private void writeForever(String prefix) {
    try {
      for (int number = 0; ; number++) {
        String key = prefix + number;
        write(key, number % 4);
        acknowledge(key);
      }
    } catch (Throwable e) {
      e.printStackTrace();
      Runtime.getRuntime().halt(1);
    }
  }

  private static void acknowledge(String key) {
    synchronized (System.out) {
      System.out.println("ack " + key);
      System.out.flush();
    }
  }

  private void write(String key, int kind) throws IOException {
    switch (kind) {
      case 0, 1 -> database.write(tx -> put(tx, key, new Thing(bytesOf(key), NO_BLOB)));
      case 2 -> {
        BlobRef blob = upload(key);
        database.write(
            tx -> {
              blobs.retain(tx, blob);
              return put(tx, key, new Thing(new byte[0], blob));
            });
      }
      default -> {
        // A relaxed change, read by a durable one that writes nothing.
        database.writeRelaxed(tx -> put(tx, key, new Thing(bytesOf(key), NO_BLOB)));
        database.write(tx -> THINGS.get(tx, key).orElseThrow());
      }
    }
  }

  private static String put(Tx tx, String key, Thing thing) {
    THINGS.put(tx, key, thing);
    EVENTS.put(tx, key, new Event(key));
    return key;
  }

  private BlobRef upload(String key) throws IOException {
    try (Blobs.Upload upload = blobs.begin()) {
      byte[] bytes = bytesOf(key);
      for (int i = 0; i < 30; i++) {
        upload.write(bytes, 0, bytes.length);
      }
      return upload.commit();
    }
  }

  /// What is wrong with an acknowledged key; empty if nothing is.
  Optional<String> check(String key) {
    Optional<Thing> thing = database.read(snapshot -> THINGS.get(snapshot, key));
    if (thing.isEmpty()) {
      return Optional.of(key + ": its row is lost");
    }
    if (database.read(snapshot -> EVENTS.get(snapshot, key)).isEmpty()) {
      return Optional.of(key + ": its event is lost");
    }
    BlobRef blob = thing.get().blob();
    if (blob.id().isEmpty()) {
      return Arrays.equals(thing.get().inline(), bytesOf(key))
          ? Optional.empty()
          : Optional.of(key + ": its bytes differ");
    }
    try (InputStream in = blobs.open(blob, 0, blob.sizeBytes())) {
      byte[] expected = bytesOf(key);
      for (int i = 0; i < 30; i++) {
        if (!Arrays.equals(in.readNBytes(expected.length), expected)) {
          return Optional.of(key + ": its blob's bytes differ");
        }
      }
      return in.read() < 0 ? Optional.empty() : Optional.of(key + ": its blob is too long");
    } catch (IOException e) {
      return Optional.of(key + ": its blob is damaged: " + e);
    }
  }

  /// Rows without their event or events without their row, acknowledged or not.
  List<String> incompleteChanges() {
    List<String> found = new ArrayList<>();
    database.read(
        snapshot -> {
          THINGS.scanKeys(
              snapshot,
              Range.all(),
              Table.MANY,
              key -> noteUnless(EVENTS.get(snapshot, key).isPresent(), key, found));
          EVENTS.scanKeys(
              snapshot,
              Range.all(),
              Table.MANY,
              key -> noteUnless(THINGS.get(snapshot, key).isPresent(), key, found));
          return found;
        });
    return found;
  }

  private static ScanStep noteUnless(boolean isComplete, String key, List<String> found) {
    if (!isComplete) {
      found.add(key);
    }
    return ScanStep.NEXT;
  }

  FileBlobs blobs() {
    return blobs;
  }

  private static byte[] bytesOf(String key) {
    Random random = new Random(key.hashCode());
    byte[] bytes = new byte[500 + random.nextInt(4_000)];
    random.nextBytes(bytes);
    return bytes;
  }
}
