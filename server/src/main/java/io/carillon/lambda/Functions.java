package io.carillon.lambda;

import io.carillon.store.Guard;
import io.carillon.store.KeyCodec;
import io.carillon.store.Range;
import io.carillon.store.ScanStep;
import io.carillon.store.Snapshot;
import io.carillon.store.Table;
import io.carillon.store.Tuple;
import io.carillon.store.Tx;
import io.carillon.trace.Cause;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The rows of functions, their published versions and their aliases.
final class Functions {

  /// A function: `$LATEST`, and what applies to all versions.
  ///
  /// @param lastVersion the highest number assigned; numbers are never reused
  /// @param publishedRevision the revision of `$LATEST` from which the last version was published
  /// @param reservedConcurrency absent if none is reserved
  /// @param mayLoop whether recursive invocations are allowed; absent for no
  record FunctionRow(
      FunctionVersion latest,
      Map<String, String> tags,
      long lastVersion,
      @Nullable String publishedRevision,
      @Nullable Integer reservedConcurrency,
      @Nullable Boolean mayLoop) {

    static FunctionRow of(FunctionVersion latest, Map<String, String> tags) {
      return new FunctionRow(latest, tags, 0, null, null, null);
    }

    FunctionRow with(FunctionVersion other) {
      return new FunctionRow(
          other, tags, lastVersion, publishedRevision, reservedConcurrency, mayLoop);
    }

    /// @param revision the new revision that clients see
    FunctionRow withTags(Map<String, String> other, String revision) {
      return new FunctionRow(
          latest.withShownRevision(revision),
          other,
          lastVersion,
          publishedRevision,
          reservedConcurrency,
          mayLoop);
    }

    FunctionRow withReservedConcurrency(@Nullable Integer other) {
      return new FunctionRow(latest, tags, lastVersion, publishedRevision, other, mayLoop);
    }

    FunctionRow withLastVersion(long number, @Nullable String publishedFrom) {
      return new FunctionRow(latest, tags, number, publishedFrom, reservedConcurrency, mayLoop);
    }

    FunctionRow withMayLoop(boolean other) {
      return new FunctionRow(
          latest, tags, lastVersion, publishedRevision, reservedConcurrency, other ? true : null);
    }

    /// Whether an invocation by `cause` is a recursion that has to be stopped.
    boolean stopsRecursion(Cause cause) {
      return !Boolean.TRUE.equals(mayLoop) && Recursion.isLoop(cause, latest.functionName().arn());
    }
  }

  /// A named pointer to a version.
  record AliasRow(String name, String version, String description, String revisionId) {}

  /// The kind of the guard of a function with its versions, aliases, policies and settings.
  static final String GUARD = "lambda.function";

  private final Table<Tuple, FunctionRow> functions =
      Table.of("lambda.functions", KeyCodec.TUPLE, FunctionRow.class).guardedBy(GUARD, 3);
  private final Table<Tuple, FunctionVersion> versions =
      Table.of("lambda.versions", KeyCodec.TUPLE, FunctionVersion.class).guardedBy(GUARD, 3);
  private final Table<Tuple, AliasRow> aliases =
      Table.of("lambda.aliases", KeyCodec.TUPLE, AliasRow.class).guardedBy(GUARD, 3);

  private static Tuple key(FunctionName name) {
    return Tuple.of(name.account(), name.region(), name.name());
  }

  private static Tuple key(FunctionName name, String last) {
    return Tuple.of(name.account(), name.region(), name.name(), last);
  }

  private static Tuple versionKey(FunctionName name, String version) {
    return Tuple.of(name.account(), name.region(), name.name(), Long.parseLong(version));
  }

  Optional<FunctionRow> find(Snapshot snapshot, FunctionName name) {
    return functions.get(snapshot, key(name));
  }

  FunctionRow require(Snapshot snapshot, FunctionName name) {
    return find(snapshot, name).orElseThrow(() -> notFound(name));
  }

  static io.carillon.aws.AwsException notFound(FunctionName name) {
    return LambdaError.RESOURCE_NOT_FOUND.because("Function not found: " + name.qualifiedArn());
  }

  void put(Tx tx, FunctionRow row) {
    functions.put(tx, key(row.latest().functionName()), row);
  }

  /// The version that a name with its qualifier refers to; an alias resolves to its version.
  Optional<FunctionVersion> findVersion(Snapshot snapshot, FunctionName name) {
    String qualifier = name.qualifier().orElse(FunctionName.LATEST);
    if (qualifier.equals(FunctionName.LATEST)) {
      return find(snapshot, name).map(FunctionRow::latest);
    }
    if (isNumber(qualifier)) {
      return versions.get(snapshot, versionKey(name, qualifier));
    }
    return findAlias(snapshot, name, qualifier)
        .flatMap(alias -> findVersion(snapshot, name.withQualifier(alias.version())));
  }

  FunctionVersion requireVersion(Snapshot snapshot, FunctionName name) {
    return findVersion(snapshot, name).orElseThrow(() -> notFound(name));
  }

  static boolean isNumber(String qualifier) {
    return qualifier.length() <= 18 && qualifier.matches("[0-9]+");
  }

  void putVersion(Tx tx, FunctionVersion version) {
    versions.put(tx, versionKey(version.functionName(), version.version()), version);
  }

  void deleteVersion(Tx tx, FunctionVersion version) {
    versions.delete(tx, versionKey(version.functionName(), version.version()));
  }

  /// Published versions in order, after number `after`.
  List<FunctionVersion> versions(Snapshot snapshot, FunctionName name, long after, int limit) {
    Range all = Range.within(key(name));
    Range rest =
        after == 0 ? all : all.after(Tuple.of(name.account(), name.region(), name.name(), after));
    return versions.list(snapshot, rest, limit).stream().map(Table.Entry::value).toList();
  }

  Optional<AliasRow> findAlias(Snapshot snapshot, FunctionName name, String alias) {
    return aliases.get(snapshot, key(name, alias));
  }

  void putAlias(Tx tx, FunctionName name, AliasRow alias) {
    aliases.put(tx, key(name, alias.name()), alias);
  }

  void deleteAlias(Tx tx, FunctionName name, String alias) {
    aliases.delete(tx, key(name, alias));
  }

  /// Aliases in order of name, after `after`.
  List<AliasRow> aliases(Snapshot snapshot, FunctionName name, String after, int limit) {
    Range rest = Range.within(key(name)).after(key(name, after));
    return aliases.list(snapshot, after.isEmpty() ? Range.within(key(name)) : rest, limit).stream()
        .map(Table.Entry::value)
        .toList();
  }

  /// Functions of an account in a region in order of name, after `after`.
  List<FunctionRow> list(
      Snapshot snapshot, String account, String region, String after, int limit) {
    Range all = Range.within(Tuple.of(account, region));
    Range rest = after.isEmpty() ? all : all.after(Tuple.of(account, region, after));
    return functions.list(snapshot, rest, limit).stream().map(Table.Entry::value).toList();
  }

  /// The runtimes in use, in all accounts.
  Set<String> runtimes(Snapshot snapshot) {
    Set<String> runtimes = new HashSet<>();
    functions.scan(
        snapshot,
        Range.all(),
        Table.MANY,
        (_, row) -> {
          runtimes.add(row.latest().configuration().runtime());
          return ScanStep.NEXT;
        });
    return runtimes;
  }

  /// What stands for all rows of the function.
  Guard guard(FunctionName name) {
    return functions.guard(key(name));
  }

  /// Deletes the function's own row, after everything else of it.
  void delete(Tx tx, FunctionName name) {
    functions.delete(tx, key(name));
    functions.guard(key(name)).retire(tx);
  }
}
