package io.carillon.s3.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.base.AccountId;
import io.carillon.base.Region;
import io.carillon.s3.model.Listing.After;
import io.carillon.store.Blobs;
import io.carillon.store.CountingDatabase;
import io.carillon.store.Database;
import io.carillon.store.RepeatingDatabase;
import io.carillon.store.Tx;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ListingTest {
  private static final Bucket BUCKET =
      Bucket.of(new AccountId("111111111111"), "b", new Region("eu-central-1"), Instant.EPOCH);

  private final Database database = RepeatingDatabase.inMemory();
  private final Versions versions =
      new Versions(new ContentStore(new NoBlobs()), new Sequence(false), InstantSource.system());

  @Property(tries = 400)
  void pagesTogetherMatchAModel(
      @ForAll("keys") Set<String> keys,
      @ForAll("prefixes") String prefix,
      @ForAll("delimiters") String delimiter,
      @ForAll @IntRange(min = 1, max = 4) int pageSize) {
    ListingTest fresh = new ListingTest();
    keys.forEach(fresh::put);

    assertThat(fresh.all(prefix, delimiter, pageSize)).isEqualTo(model(keys, prefix, delimiter));
  }

  @Property(tries = 200)
  void startAfterListsTheLaterKeys(
      @ForAll("keys") Set<String> keys, @ForAll("keys") Set<String> starts) {
    ListingTest fresh = new ListingTest();
    keys.forEach(fresh::put);
    for (String start : starts) {
      List<String> expected =
          model(keys, "", "").stream().filter(key -> compare(key, start) > 0).toList();

      assertThat(
              texts(
                  fresh
                      .page("", null, After.key(start, new Paging("", null, 1000)), 1000)
                      .entries()))
          .isEqualTo(expected);
    }
  }

  @Test
  void commonPrefixIsSkippedInOneStep() {
    for (int i = 0; i < 2000; i++) {
      put("a/" + i);
      put("b/" + i);
    }
    put("c");
    CountingDatabase counted = new CountingDatabase(database);

    Listing<ObjectVersion> page =
        counted.read(
            snapshot ->
                ObjectListing.of(
                    versions, snapshot, "b", new Paging("", "/", 1000), After.NOTHING));

    assertThat(texts(page.entries())).containsExactly("a/", "b/", "c");
    assertThat(counted.scanned()).isLessThanOrEqualTo(3);
  }

  @Test
  void versionsUnderACommonPrefixAreSkippedInOneStep() {
    for (int i = 0; i < 2000; i++) {
      put("a/" + i);
    }
    put("c");
    CountingDatabase counted = new CountingDatabase(database);

    Listing<VersionListing.Version> page =
        counted.read(
            snapshot ->
                VersionListing.of(versions, snapshot, BUCKET, new Paging("", "/", 1000), null));

    assertThat(texts(page.entries())).containsExactly("a/", "c");
    assertThat(counted.scanned()).isLessThanOrEqualTo(3);
  }

  @Test
  void versionMarkerOutsideThePrefixListsNothingOfItsKey() {
    Bucket versioned = BUCKET.withVersioning(Bucket.Versioning.ENABLED);
    for (String key : List.of("a", "a", "b/1", "b/1", "c")) {
      database.write(tx -> put(tx, versioned, key));
    }
    String newest =
        database.read(
            snapshot ->
                versions.head(snapshot, versioned, new ObjectKey("a")).orElseThrow().versionId());

    assertThat(versionPage(versioned, "b", null, new VersionListing.Marker("a", newest)))
        .containsExactly("b/1", "b/1");
    assertThat(versionPage(versioned, "", null, new VersionListing.Marker("a", newest)))
        .containsExactly("a", "b/1", "b/1", "c");
    assertThat(versionPage(versioned, "", "/", new VersionListing.Marker("b/1", newest)))
        .containsExactly("c");
  }

  private List<String> versionPage(
      Bucket bucket, String prefix, @Nullable String delimiter, VersionListing.Marker after) {
    return texts(
        database
            .read(
                snapshot ->
                    VersionListing.of(
                        versions, snapshot, bucket, new Paging(prefix, delimiter, 1000), after))
            .entries());
  }

  @Test
  void pageReadsOneRowMoreThanItHolds() {
    for (int i = 0; i < 500; i++) {
      put(String.format("%04d", i));
    }
    CountingDatabase counted = new CountingDatabase(database);

    Listing<ObjectVersion> page =
        counted.read(
            snapshot ->
                ObjectListing.of(versions, snapshot, "b", new Paging("", null, 10), After.NOTHING));

    assertThat(page.truncated()).isTrue();
    assertThat(counted.scanned()).isEqualTo(11);
  }

  @Test
  void markerThatIsACommonPrefixSkipsAllOfIt() {
    List.of("a/1", "a/2", "b").forEach(this::put);

    assertThat(texts(page("", "/", After.key("a/", new Paging("", "/", 10)), 10).entries()))
        .containsExactly("b");
    assertThat(texts(page("", "/", After.key("a/1", new Paging("", "/", 10)), 10).entries()))
        .containsExactly("a/", "b");
  }

  @Test
  void deletedKeysAndOtherBucketsAreNotListed() {
    Bucket versioned = BUCKET.withVersioning(Bucket.Versioning.ENABLED);
    database.write(tx -> put(tx, versioned, "gone"));
    ObjectKey gone = new ObjectKey("gone");
    database.write(
        tx -> {
          versions.remove(tx, versioned, gone, versions.planRemoval(tx, versioned, gone, null));
          return gone;
        });
    put("here");
    database.write(
        tx ->
            put(
                tx,
                Bucket.of(
                    new AccountId("111111111111"), "b2", new Region("eu-central-1"), Instant.EPOCH),
                "elsewhere"));

    assertThat(texts(page("", null, After.NOTHING, 10).entries())).containsExactly("here");
  }

  @Provide
  Arbitrary<Set<String>> keys() {
    return Arbitraries.strings()
        .withChars("ab/\0ü\uFFFD")
        .ofMinLength(1)
        .ofMaxLength(5)
        .set()
        .ofMaxSize(25);
  }

  @Provide
  Arbitrary<String> prefixes() {
    return Arbitraries.of("", "a", "a/", "/", "ab", "ü", "a/b/");
  }

  @Provide
  Arbitrary<String> delimiters() {
    return Arbitraries.of("", "/", "a", "b/", "ü");
  }

  private static List<String> model(Set<String> keys, String prefix, String delimiter) {
    Set<String> entries = new LinkedHashSet<>();
    keys.stream()
        .filter(key -> key.startsWith(prefix))
        .sorted(ListingTest::compare)
        .forEach(
            key -> {
              int at = delimiter.isEmpty() ? -1 : key.indexOf(delimiter, prefix.length());
              entries.add(at < 0 ? key : key.substring(0, at + delimiter.length()));
            });
    return List.copyOf(entries);
  }

  private static int compare(String one, String other) {
    return Arrays.compareUnsigned(
        one.getBytes(StandardCharsets.UTF_8), other.getBytes(StandardCharsets.UTF_8));
  }

  private List<String> all(String prefix, String delimiter, int pageSize) {
    List<String> found = new ArrayList<>();
    After after = After.NOTHING;
    while (true) {
      Listing<ObjectVersion> page =
          page(prefix, delimiter.isEmpty() ? null : delimiter, after, pageSize);
      found.addAll(texts(page.entries()));
      if (!page.truncated()) {
        return found;
      }
      after = After.entry(page.entries().getLast());
    }
  }

  private Listing<ObjectVersion> page(
      String prefix, @Nullable String delimiter, After after, int limit) {
    return database.read(
        snapshot ->
            ObjectListing.of(versions, snapshot, "b", new Paging(prefix, delimiter, limit), after));
  }

  private static <T> List<String> texts(List<Listing.Entry<T>> entries) {
    return entries.stream().map(Listing.Entry::text).toList();
  }

  private void put(String key) {
    database.write(tx -> put(tx, BUCKET, key));
  }

  private ObjectVersion put(Tx tx, Bucket bucket, String key) {
    ObjectKey name = new ObjectKey(key);
    Versions.NewVersion planned =
        versions.plan(
            tx,
            bucket,
            name,
            new ObjectVersion.Draft("e", ContentRef.NONE, null, ObjectMetadata.NONE));
    versions.put(tx, bucket, name, planned);
    return planned.version();
  }

  private static final class NoBlobs implements Blobs {
    @Override
    public Upload begin() {
      throw new AssertionError("no bodies here");
    }

    @Override
    public InputStream open(BlobRef blob, long offset, long lengthBytes) {
      throw new AssertionError("no bodies here");
    }

    @Override
    public void retain(Tx tx, BlobRef blob) {
      throw new AssertionError("no bodies here");
    }

    @Override
    public void release(Tx tx, BlobRef blob) {
      throw new AssertionError("no bodies here");
    }
  }
}
