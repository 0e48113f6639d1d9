import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Enumeration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/// Puts all libraries into one jar that is not compressed: a start that opens eighty jars, checks
/// the signatures of some and inflates classes takes half as long again (ADR 10).
///
/// Files that list service providers are joined. Of a library with classes for several Java
/// versions, those for this one are taken. Licences are kept, a folder for each library; signatures
/// and manifests are not. Two different files of the same name end the build, as nobody could tell
/// which one counts.
///
/// RocksDB's jar carries 92 MB of native code for every platform and unpacks one at each start, and
/// Netty looks for its own in every jar. Those of the supported platforms are unpacked once, here.
///
/// Run by the build as `java Libraries.java CLASSPATH-FILE DIST KEPT-PREFIX...`; libraries whose
/// names begin with a kept prefix stay jars of their own beside the others, without their version.
final class Libraries {
  private static final int JAVA = Runtime.version().feature();
  private static final Pattern VERSIONED = Pattern.compile("META-INF/versions/(\\d+)/(.+)");
  private static final Pattern LICENCE =
      Pattern.compile(
          "(META-INF/)?[^/]*(LICEN[SC]E|NOTICE|COPYRIGHT)[^/]*", Pattern.CASE_INSENSITIVE);
  private static final Pattern LEFT_OUT =
      Pattern.compile(
          "META-INF/MANIFEST\\.MF|OSGI-INF/.*|META-INF/DEPENDENCIES|META-INF/INDEX\\.LIST|META-INF/[^/]+\\.(SF|RSA|DSA|EC)"
              + "|META-INF/(maven|native-image|native|proguard|versions|sbom)/.*|(.*/)?module-info\\.class"
              + "|.*\\.(so|dll|jnilib|dylib)|codegen-resources/.*");

  private static final Pattern NATIVE =
      Pattern.compile(
          "(librocksdbjni-(?:linux64|linux-aarch64|osx-arm64|osx-x86_64)\\.(?:so|jnilib))"
              + "|META-INF/native/(libnetty_transport_native_epoll_\\w+\\.so)");

  /// @param version of Java for which the content is; 0 for all
  private record Content(byte[] bytes, int version, String library) {}

  private final Map<String, Content> contents = new TreeMap<>();
  private final Path natives;

  private Libraries(Path natives) {
    this.natives = natives;
  }

  public static void main(String[] arguments) throws IOException {
    Path classpath = Path.of(arguments[0]);
    Path dist = Path.of(arguments[1]);
    List<String> kept = List.of(arguments).subList(2, arguments.length);
    List<Path> all =
        Stream.of(Files.readString(classpath).strip().split(File.pathSeparator))
            .map(Path::of)
            .sorted(Comparator.comparing(Path::getFileName))
            .toList();
    Path jar = dist.resolve("lib/libraries.jar");
    Path made = classpath.resolveSibling("libraries-made-from.txt");
    String inventory = inventory(all);
    if (Files.exists(jar) && Files.exists(made) && Files.readString(made).equals(inventory)) {
      return; // a new jar, even the same, would outdate the ahead-of-time cache
    }
    empty(jar.getParent());
    Libraries libraries = new Libraries(empty(dist.resolve("natives")));
    for (Path each : all) {
      String name = each.getFileName().toString();
      if (kept.stream().anyMatch(name::startsWith)) {
        Files.copy(
            each,
            jar.resolveSibling(withoutVersion(name) + ".jar"),
            StandardCopyOption.COPY_ATTRIBUTES);
      } else {
        libraries.add(each);
      }
    }
    libraries.write(jar);
    Files.writeString(made, inventory);
  }

  private static Path empty(Path folder) throws IOException {
    Files.createDirectories(folder);
    try (Stream<Path> files = Files.list(folder)) {
      for (Path old : files.toList()) {
        Files.delete(old);
      }
    }
    return folder;
  }

  private static String inventory(List<Path> jars) throws IOException {
    StringBuilder text = new StringBuilder();
    for (Path each : jars) {
      text.append(each.getFileName())
          .append(' ')
          .append(Files.size(each))
          .append(' ')
          .append(Files.getLastModifiedTime(each).toMillis())
          .append('\n');
    }
    return text.toString();
  }

  private static String withoutVersion(String jar) {
    return jar.replaceFirst("-[0-9][^/]*\\.jar$", "");
  }

  private void add(Path jar) throws IOException {
    String library = withoutVersion(jar.getFileName().toString());
    try (ZipFile zip = new ZipFile(jar.toFile())) {
      Enumeration<? extends ZipEntry> entries = zip.entries();
      while (entries.hasMoreElements()) {
        ZipEntry entry = entries.nextElement();
        Matcher versioned = VERSIONED.matcher(entry.getName());
        boolean isVersioned = versioned.matches();
        int version = isVersioned ? Integer.parseInt(versioned.group(1)) : 0;
        String name = isVersioned ? versioned.group(2) : entry.getName();
        Matcher code = NATIVE.matcher(name);
        if (code.matches()) {
          try (InputStream in = zip.getInputStream(entry)) {
            Files.copy(in, natives.resolve(nameOf(code)));
          }
          continue;
        }
        if (entry.isDirectory() || version > JAVA || LEFT_OUT.matcher(name).matches()) {
          continue;
        }
        if (LICENCE.matcher(name).matches()) {
          name = "META-INF/licenses/" + library + "/" + name.substring(name.lastIndexOf('/') + 1);
        }
        try (InputStream in = zip.getInputStream(entry)) {
          add(name, new Content(in.readAllBytes(), version, library));
        }
      }
    }
  }

  /// The name under which a JVM looks for it on `java.library.path`.
  private static String nameOf(Matcher code) {
    String name = code.group(1) == null ? code.group(2) : code.group(1);
    return name.replace(".jnilib", ".dylib");
  }

  private void add(String name, Content content) {
    Content present = contents.get(name);
    if (present == null || present.library.equals(content.library)) {
      if (present == null || content.version >= present.version) {
        contents.put(name, content);
      }
    } else if (isList(name)) {
      contents.put(name, joined(present, content));
    } else if (!Arrays.equals(present.bytes, content.bytes)) {
      throw new IllegalStateException(
          present.library + " and " + content.library + " have different files " + name);
    }
  }

  private static boolean isList(String name) {
    return name.startsWith("META-INF/services/")
        || name.equals("META-INF/io.netty.versions.properties");
  }

  private static Content joined(Content first, Content second) {
    String both =
        new String(first.bytes, StandardCharsets.UTF_8)
            + "\n"
            + new String(second.bytes, StandardCharsets.UTF_8);
    return new Content(both.getBytes(StandardCharsets.UTF_8), 0, "several");
  }

  private void write(Path jar) throws IOException {
    Path incomplete = jar.resolveSibling(jar.getFileName() + ".incomplete");
    try (OutputStream out = Files.newOutputStream(incomplete);
        ZipOutputStream zip = new ZipOutputStream(out)) {
      zip.setMethod(ZipOutputStream.STORED);
      for (Map.Entry<String, Content> each : contents.entrySet()) {
        byte[] bytes = each.getValue().bytes;
        CRC32 checksum = new CRC32();
        checksum.update(bytes);
        ZipEntry entry = new ZipEntry(each.getKey());
        entry.setTime(0);
        entry.setSize(bytes.length);
        entry.setCrc(checksum.getValue());
        zip.putNextEntry(entry);
        zip.write(bytes);
        zip.closeEntry();
      }
    }
    Files.move(incomplete, jar, StandardCopyOption.ATOMIC_MOVE);
  }
}
