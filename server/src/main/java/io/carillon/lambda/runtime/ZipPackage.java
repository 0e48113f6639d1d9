package io.carillon.lambda.runtime;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Enumeration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/// Unpacks an untrusted deployment package.
///
/// - A path outside the folder, or through anything but folders created here, is refused.
/// - The size is counted while inflating; declared sizes are not trusted.
/// - Links are created last, so nothing is written through one, and only if they point inside.
/// - All files become readable, and executable if the archive says so; without Unix modes (archives
///   from Windows) all become executable, or else a `bootstrap` could not run.
final class ZipPackage {
  /// Source: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
  static final long UNPACKED_LIMIT_BYTES = 262_144_000;

  private static final int ENTRIES_LIMIT = 100_000;
  private static final long DIRECTORY_LIMIT_BYTES = 32 << 20;

  /// Linux's limits for a name, and for a path including the null byte.
  private static final int NAME_BYTES = 255;

  private static final int PATH_BYTES = 4096;
  private static final int FILE_TYPE = 0170000;
  private static final int SYMBOLIC_LINK = 0120000;
  private static final int REGULAR_FILE = 0100000;
  private static final int FOLDER = 0040000;

  private final ZipFile zip;
  private final Path root;
  private final Map<String, Integer> modes;
  private final long limitBytes;
  private final Map<Path, String> links = new LinkedHashMap<>();
  private long unpackedBytes;

  private ZipPackage(ZipFile zip, Path root, Map<String, Integer> modes, long limitBytes) {
    this.zip = zip;
    this.root = root;
    this.modes = modes;
    this.limitBytes = limitBytes;
  }

  /// @param root an empty folder
  static void unpack(Path archive, Path root) throws IOException {
    unpack(archive, root, UNPACKED_LIMIT_BYTES);
  }

  static void unpack(Path archive, Path root, long limitBytes) throws IOException {
    if (ZipModes.directoryBytes(archive) > DIRECTORY_LIMIT_BYTES) {
      throw new BadArchiveException("Its directory is too large.", true);
    }
    try (ZipFile zip = new ZipFile(archive.toFile(), StandardCharsets.UTF_8)) {
      if (zip.size() > ENTRIES_LIMIT) {
        throw new BadArchiveException("It holds more than " + ENTRIES_LIMIT + " entries.", true);
      }
      new ZipPackage(zip, root, ZipModes.read(archive), limitBytes).unpackAll();
    } catch (EOFException e) {
      throw BadArchiveException.broken("It ends before an entry does.");
    } catch (ZipException | IllegalArgumentException e) {
      throw BadArchiveException.broken(String.valueOf(e.getMessage()));
    }
  }

  private void unpackAll() throws IOException {
    if (zip.size() == 0) {
      throw BadArchiveException.broken("It holds nothing.");
    }
    if (zip.stream().mapToLong(ZipEntry::getSize).sum() > limitBytes) {
      throw tooLarge(); // by its declared sizes
    }
    Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwxr-xr-x"));
    for (Enumeration<? extends ZipEntry> all = zip.entries(); all.hasMoreElements(); ) {
      unpack(all.nextElement());
    }
    for (Map.Entry<Path, String> link : links.entrySet()) {
      makeLink(link.getKey(), link.getValue());
    }
  }

  private void unpack(ZipEntry entry) throws IOException {
    Path target = target(entry.getName());
    int mode = modes.getOrDefault(entry.getName(), 0);
    switch (mode & FILE_TYPE) {
      case 0, REGULAR_FILE, FOLDER -> {
        if (entry.isDirectory()) {
          makeFolders(target);
        } else {
          makeFolders(parent(target));
          write(entry, target, mode);
        }
      }
      case SYMBOLIC_LINK -> {
        makeFolders(parent(target));
        try (InputStream in = zip.getInputStream(entry)) {
          byte[] text = in.readNBytes(PATH_BYTES);
          if (text.length == PATH_BYTES) {
            throw BadArchiveException.broken("The link " + entry.getName() + " is too long.");
          }
          links.put(target, new String(text, StandardCharsets.UTF_8));
        }
      }
      default -> throw BadArchiveException.broken(entry.getName() + " is not a file.");
    }
  }

  private BadArchiveException tooLarge() {
    return new BadArchiveException("It unpacks to more than " + limitBytes + " bytes.", true);
  }

  private Path target(String name) throws BadArchiveException {
    String plain = name.endsWith("/") ? name.substring(0, name.length() - 1) : name;
    for (String part : plain.split("/", -1)) {
      if (part.isEmpty() || part.equals("..") || part.equals(".") || part.indexOf('\0') >= 0) {
        throw BadArchiveException.broken("The name " + name + " is not allowed.");
      }
      if (bytes(part) > NAME_BYTES) {
        throw BadArchiveException.broken(
            "The name " + abbreviated(name) + " is too long: a file's has at most 255 bytes.");
      }
    }
    if (bytes(root.toAbsolutePath() + "/" + plain) >= PATH_BYTES) {
      throw BadArchiveException.broken("The name " + abbreviated(name) + " is too long.");
    }
    return root.resolve(plain);
  }

  private static int bytes(String name) {
    return name.getBytes(StandardCharsets.UTF_8).length;
  }

  private static String abbreviated(String name) {
    return name.length() <= 100 ? name : name.substring(0, 100) + "…";
  }

  private void makeFolders(Path folder) throws IOException {
    if (Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    makeFolders(parent(folder));
    if (Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
      throw BadArchiveException.broken(root.relativize(folder) + " is both a file and a folder.");
    }
    Files.createDirectory(folder);
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private static Path parent(Path path) {
    return java.util.Objects.requireNonNull(path.getParent(), "It lies below the root");
  }

  private void write(ZipEntry entry, Path target, int mode) throws IOException {
    if (Files.isDirectory(target, LinkOption.NOFOLLOW_LINKS)) {
      throw BadArchiveException.broken(entry.getName() + " is both a file and a folder.");
    }
    byte[] chunk = new byte[32 << 10];
    CRC32 checksum = new CRC32();
    try (InputStream in = zip.getInputStream(entry);
        OutputStream out =
            Files.newOutputStream(
                target,
                StandardOpenOption.CREATE,
                StandardOpenOption.TRUNCATE_EXISTING,
                StandardOpenOption.WRITE,
                LinkOption.NOFOLLOW_LINKS)) {
      int count;
      while ((count = in.read(chunk)) >= 0) {
        unpackedBytes += count;
        if (unpackedBytes > limitBytes) {
          throw tooLarge();
        }
        checksum.update(chunk, 0, count);
        out.write(chunk, 0, count);
      }
    }
    if (checksum.getValue() != entry.getCrc()) { // ZipFile does not check it
      throw BadArchiveException.broken(entry.getName() + " is damaged.");
    }
    boolean executable = mode == 0 || (mode & 0111) != 0;
    Files.setPosixFilePermissions(
        target, PosixFilePermissions.fromString(executable ? "rwxr-xr-x" : "rw-r--r--"));
  }

  private void makeLink(Path link, String to) throws IOException {
    if (to.isEmpty() || to.indexOf('\0') >= 0) {
      throw BadArchiveException.broken("The link " + root.relativize(link) + " leads nowhere.");
    }
    for (String part : to.split("/", -1)) {
      if (bytes(part) > NAME_BYTES) {
        throw BadArchiveException.broken(
            "The link " + root.relativize(link) + " leads to a name that is too long.");
      }
    }
    Path end = parent(link).resolve(to).normalize();
    if (to.startsWith("/") || !end.startsWith(root)) {
      throw BadArchiveException.broken(
          "The link " + root.relativize(link) + " leads out of the package.");
    }
    if (Files.exists(link, LinkOption.NOFOLLOW_LINKS)) {
      throw BadArchiveException.broken(root.relativize(link) + " is there twice.");
    }
    Files.createSymbolicLink(link, Path.of(to));
  }
}
