package io.carillon.lambda.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Random;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Hostile archives, and valid ones from every system.
class ZipPackageTest {
  @TempDir Path folder;

  /// Creates archives entry by entry; modes are patched into the central directory, since the JDK
  /// writes none.
  static final class Archive {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final ZipOutputStream zip = new ZipOutputStream(bytes);
    private final java.util.List<Integer> modes = new java.util.ArrayList<>();

    Archive add(String name, String content, int mode) throws IOException {
      zip.putNextEntry(new ZipEntry(name));
      zip.write(content.getBytes(StandardCharsets.UTF_8));
      zip.closeEntry();
      modes.add(mode);
      return this;
    }

    Archive add(String name, String content) throws IOException {
      return add(name, content, 0);
    }

    byte[] done() throws IOException {
      zip.close();
      byte[] all = bytes.toByteArray();
      int entry = 0;
      for (int at = 0; at + 46 <= all.length; at++) {
        boolean directory =
            all[at] == 'P' && all[at + 1] == 'K' && all[at + 2] == 1 && all[at + 3] == 2;
        if (directory) {
          int mode = modes.get(entry++);
          if (mode != 0) {
            all[at + 5] = 3;
            all[at + 40] = (byte) mode;
            all[at + 41] = (byte) (mode >>> 8);
          }
        }
      }
      return all;
    }
  }

  private Path unpack(byte[] archive) throws IOException {
    CodeFolders folders = new CodeFolders(folder.resolve("code"));
    return folders.use(RuntimeFixture.code(archive));
  }

  private void assertRefused(byte[] archive, String why) {
    assertThatThrownBy(() -> unpack(archive))
        .isInstanceOf(BadArchiveException.class)
        .hasMessageContaining(why);
    assertThat(folder.resolve("code")).isEmptyDirectory();
    assertThat(folder.resolve("evil")).doesNotExist();
  }

  @Test
  void pathsOutsideTheFolderAreRefused() throws IOException {
    for (String name : new String[] {"../evil", "a/../../evil", "/evil", "a//b", "./a", "a/./b"}) {
      assertRefused(new Archive().add(name, "x").done(), "not allowed");
    }
  }

  @Test
  void invalidFileNamesAreRefused() throws IOException {
    int link = 0120777;
    String name = "n".repeat(300);
    assertRefused(
        new Archive().add(name, "x").done(), "is too long: a file's has at most 255 bytes");
    assertRefused(new Archive().add(name + "/a", "x").done(), "too long");
    assertRefused(new Archive().add("ü".repeat(128), "x").done(), "too long");
    assertRefused(new Archive().add("a/".repeat(2_500) + "b", "x").done(), "too long");
    assertRefused(new Archive().add("a/".repeat(30_000) + "b", "x").done(), "too long");
    assertRefused(new Archive().add("link", name, link).done(), "too long");
    assertRefused(new Archive().add("link", "a/".repeat(2_500), link).done(), "too long");
    assertThat(unpack(new Archive().add("n".repeat(255), "x").done())).isDirectory();
  }

  @Test
  void oversizedCentralDirectoryIsNotRead() throws IOException {
    byte[] archive = new Archive().add("a", "x").done();
    int end = archive.length - 22;
    archive[end + 15] = 0x70; // of its size in bytes, the highest
    assertRefused(archive, "directory is too large");
  }

  /// Any invalid archive is the client's error.
  @Test
  void corruptedArchivesAreUnpackedOrRefused() throws IOException {
    byte[] good =
        new Archive()
            .add("a/b.py", "print('x')", 0100644)
            .add("bootstrap", "#!/bin/sh", 0100755)
            .add("a/link", "b.py", 0120777)
            .done();
    Random random = new Random(20261130);
    for (int i = 0; i < 600; i++) {
      byte[] bad = good.clone();
      for (int changes = random.nextInt(4); changes >= 0; changes--) {
        bad[random.nextInt(bad.length)] = (byte) random.nextInt(256);
      }
      Path archive = Files.write(folder.resolve("changed.zip"), bad);
      Path root = Files.createDirectories(folder.resolve("root" + i));
      try {
        ZipPackage.unpack(archive, root);
      } catch (BadArchiveException refused) {
        // expected
      }
    }
  }

  @Test
  void nothingIsWrittenThroughASymbolicLink() throws IOException {
    int link = 0120777;
    assertRefused(new Archive().add("out", "..", link).add("out/evil", "x").done(), "out");
    assertRefused(new Archive().add("out/evil", "x").add("out", "..", link).done(), "");
  }

  @Test
  void linksOutOfThePackageAreRefused() throws IOException {
    int link = 0120777;
    assertRefused(new Archive().add("passwd", "/etc/passwd", link).done(), "leads out");
    assertRefused(new Archive().add("a/up", "../../../etc/passwd", link).done(), "leads out");
    assertRefused(new Archive().add("empty", "", link).done(), "nowhere");
    assertRefused(new Archive().add("pipe", "", 0010644).done(), "is not a file");
  }

  @Test
  void linksInsideAreKept() throws IOException {
    Path code =
        unpack(new Archive().add("lib/real.py", "x").add("lib/link.py", "real.py", 0120777).done());
    assertThat(Files.readString(code.resolve("lib/link.py"))).isEqualTo("x");
    assertThat(Files.isSymbolicLink(code.resolve("lib/link.py"))).isTrue();
  }

  @Test
  void oversizedContentIsRefused() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      zip.putNextEntry(new ZipEntry("bomb"));
      byte[] zeros = new byte[1 << 20];
      for (int i = 0; i < 251; i++) {
        zip.write(zeros);
      }
      zip.closeEntry();
    }
    assertThat(bytes.size()).isLessThan(1 << 20);
    assertRefused(bytes.toByteArray(), "unpacks to more than 262144000 bytes");
  }

  @Test
  void falseDeclaredSizeIsDetectedWhileUnpacking() throws IOException {
    byte[] liar = new Archive().add("bomb", "x".repeat(100_000)).done();
    for (int at = 0; at + 46 <= liar.length; at++) {
      boolean directory =
          liar[at] == 'P' && liar[at + 1] == 'K' && liar[at + 2] == 1 && liar[at + 3] == 2;
      if (directory) {
        liar[at + 24] = 10; // bytes, it says
        liar[at + 25] = 0;
        liar[at + 26] = 0;
      }
    }
    Path archive = Files.write(folder.resolve("liar.zip"), liar);
    Path root = Files.createDirectory(folder.resolve("root"));
    assertThatThrownBy(() -> ZipPackage.unpack(archive, root, 50_000))
        .isInstanceOfSatisfying(BadArchiveException.class, e -> assertThat(e.tooLarge()).isTrue());
  }

  @Test
  void nonArchivesAreRefused() throws IOException {
    assertRefused("PK".getBytes(StandardCharsets.UTF_8), "");
    assertRefused(new byte[0], "");
    assertRefused(new Archive().done(), "holds nothing");
    byte[] torn = new Archive().add("index.py", "x".repeat(10_000)).done();
    assertRefused(java.util.Arrays.copyOf(torn, torn.length / 2), "");
    byte[] damaged = torn.clone();
    damaged[45] ^= 0x55;
    assertRefused(damaged, "");
  }

  @Test
  void nameOfBothAFileAndAFolderIsRefused() throws IOException {
    assertRefused(new Archive().add("a", "x").add("a/b", "x").done(), "both a file and a folder");
    assertRefused(new Archive().add("a/b", "x").add("a", "x").done(), "both a file and a folder");
  }

  @Test
  void filesAreReadableAndExecutableAsTheArchiveSays() throws IOException {
    Path code =
        unpack(new Archive().add("private.py", "x", 0100600).add("run.sh", "x", 0100700).done());
    assertThat(Files.getPosixFilePermissions(code.resolve("private.py")))
        .hasToString("[OWNER_READ, OWNER_WRITE, GROUP_READ, OTHERS_READ]");
    assertThat(Files.isExecutable(code.resolve("run.sh"))).isTrue();
  }

  @Test
  void archiveWithoutModesMakesAllFilesExecutable() throws IOException {
    Path code = unpack(new Archive().add("bootstrap", "#!/bin/sh\n").add("sub/", "").done());
    assertThat(Files.isExecutable(code.resolve("bootstrap"))).isTrue();
    assertThat(Files.isDirectory(code.resolve("sub"), LinkOption.NOFOLLOW_LINKS)).isTrue();
  }

  @Test
  void unusedFoldersBeyondTheLimitAreRemoved() throws IOException {
    CodeFolders folders = new CodeFolders(folder.resolve("code"));
    FunctionSpec.Code used = RuntimeFixture.code(new Archive().add("used", "x").done());
    Path inUse = folders.use(used);
    for (int i = 0; i < 70; i++) {
      folders.check(RuntimeFixture.code(new Archive().add("file" + i, "x").done()));
    }
    assertThat(inUse).isDirectory();
    try (var all = Files.list(folder.resolve("code"))) {
      assertThat(all).hasSize(64);
    }
  }

  @Test
  void cacheIsEmptiedAtStart() throws IOException {
    Path stale = Files.createDirectories(folder.resolve("code/half/written"));
    assertThat(unpack(new Archive().add("a", "x").done())).isDirectory();
    assertThat(stale).doesNotExist();
  }
}
