package io.carillon.store;

import java.util.List;
import java.util.function.Consumer;

/// The layout version of a store. Each step upgrades one version to the next, in one transaction
/// with the new version's number, so after a crash the upgrade continues where it stopped.
final class StoreFormat {
  /// @param version how many steps were applied
  record Version(int version) {}

  private static final Table<String, Version> TABLE =
      Table.of("store.format", KeyCodec.STRING, Version.class);
  private static final String KEY = "version";

  /// Step 1 makes an empty store version 1: tables of tuples and CBOR rows.
  static final List<Consumer<Tx>> STEPS = List.of(_ -> {});

  private StoreFormat() {}

  /// Upgrades the store; refuses one that a newer program wrote. Answers whether it changed
  /// anything.
  static boolean upgrade(Database database, List<Consumer<Tx>> steps) {
    int version =
        database.read(snapshot -> TABLE.get(snapshot, KEY).map(Version::version).orElse(0));
    if (version > steps.size()) {
      throw new UnusableStoreException(
          "This store has format "
              + version
              + ", written by a newer Carillon; this one knows formats up to "
              + steps.size()
              + ". Use the newer program.",
          null);
    }
    for (int step = version; step < steps.size(); step++) {
      Version next = new Version(step + 1);
      Consumer<Tx> upgrade = steps.get(step);
      database.write(
          tx -> {
            upgrade.accept(tx);
            TABLE.put(tx, KEY, next);
            return next;
          });
    }
    return version < steps.size();
  }
}
