package io.carillon.lambda.runtime;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.BitSet;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The user ids of functions if the server is root: one for each environment, because the kernel
/// applies process limits by user id. Otherwise functions run as the server's user.
///
/// The servers of one machine share the range. Each claims as many blocks as it needs by locking a
/// file for each block. The kernel releases the lock when the process ends in any way, so a block
/// is never lost and never has two owners.
final class UserIds implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(UserIds.class);

  /// In a range that no distribution assigns.
  private static final int FIRST = 58_000;

  private static final int BLOCKS = 50;
  private static final int BLOCK_SIZE = 40;

  private final Machine machine;
  private final int firstBlock;
  private final BitSet taken = new BitSet();
  private final Map<Integer, Optional<ProcessFileLock>> claims = new TreeMap<>();

  /// @param seed the start of the search, which should differ between servers: in different
  ///   containers they do not see each other's claims but share user ids in the kernel.
  UserIds(Machine machine, int seed) {
    this.machine = machine;
    this.firstBlock = Math.floorMod(seed, BLOCKS);
  }

  /// Whether a process with this user id is a function, of this server or of another one.
  static boolean contain(int uid) {
    return uid >= FIRST && uid < FIRST + BLOCKS * BLOCK_SIZE;
  }

  /// A user id that is unique among the environments of this machine, until [#free].
  ///
  /// @throws IOException if none is free or none can be claimed
  synchronized int take() throws IOException {
    if (!machine.isRoot()) {
      return machine.uid();
    }
    OptionalInt free = freeAmongClaimed();
    for (int i = 0; free.isEmpty() && i < BLOCKS; i++) {
      int block = (firstBlock + i) % BLOCKS;
      if (!claims.containsKey(block) && claim(block)) {
        free = freeAmongClaimed();
      }
    }
    int slot =
        free.orElseThrow(
            () ->
                new IOException(
                    "All user ids for functions, %d to %d, are in use on this machine: end another"
                            .formatted(FIRST, FIRST + BLOCKS * BLOCK_SIZE - 1)
                        + " server."));
    taken.set(slot);
    return FIRST + slot;
  }

  private OptionalInt freeAmongClaimed() {
    for (int block : claims.keySet()) {
      int slot = taken.nextClearBit(block * BLOCK_SIZE);
      if (slot < (block + 1) * BLOCK_SIZE) {
        return OptionalInt.of(slot);
      }
    }
    return OptionalInt.empty();
  }

  /// Only root may access the folder, since locking a file claims its block. If it cannot be
  /// created, as in a read-only container, there is no other server to share the ids with.
  private boolean claim(int block) {
    Path folder = machine.claims();
    try {
      if (!Files.isDirectory(folder)) {
        Files.createDirectories(
            folder,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      }
      Optional<ProcessFileLock> claim = ProcessFileLock.of(folder.resolve(Integer.toString(block)));
      claim.ifPresent(mine -> claims.put(block, Optional.of(mine)));
      return claim.isPresent();
    } catch (IOException e) {
      LOG.warn(
          "User ids of functions cannot be claimed in {}: another Carillon on this machine might"
              + " use the same",
          folder,
          e);
      claims.put(block, Optional.empty());
      return true;
    }
  }

  synchronized void free(int uid) {
    if (machine.isRoot()) {
      taken.clear(uid - FIRST);
    }
  }

  @Override
  public synchronized void close() {
    claims.values().forEach(claim -> claim.ifPresent(ProcessFileLock::close));
    claims.clear();
  }
}
