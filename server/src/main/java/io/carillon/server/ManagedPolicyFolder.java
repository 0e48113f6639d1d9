package io.carillon.server;

import io.carillon.iam.ManagedPolicyFile;
import io.carillon.iam.ManagedPolicyFiles;
import io.carillon.iam.UnusableManagedPolicyException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A folder of further managed policies of AWS: `NAME.json` is `policy/NAME`, and
/// `service-role/NAME.json` is `policy/service-role/NAME`. Hidden files and folders are skipped,
/// since mounted volumes and checkouts contain some.
public final class ManagedPolicyFolder {
  private static final Logger LOG = LoggerFactory.getLogger(ManagedPolicyFolder.class);

  private static final String ENDING = ".json";
  private static final long MAX_BYTES = 1 << 20; // ReadOnlyAccess has less than 100 KB
  private static final Pattern NAME_PART = Pattern.compile("[\\w+=,.@-]{1,128}");

  private final Path folder;

  private ManagedPolicyFolder(Path folder) {
    this.folder = folder.toAbsolutePath().normalize();
  }

  /// Reads every file, so that errors are reported at the start.
  ///
  /// @param folder empty where none is configured
  /// @throws UnusableManagedPolicyException naming the file and what to do
  public static ManagedPolicyFiles read(Optional<Path> folder) {
    return folder
        .map(ManagedPolicyFolder::new)
        .map(named -> new ManagedPolicyFiles(Optional.of(named.folder), named.read()))
        .orElse(ManagedPolicyFiles.NONE);
  }

  private List<ManagedPolicyFile> read() {
    if (!Files.isDirectory(folder)) {
      throw new UnusableManagedPolicyException(
          "The folder of managed policies "
              + folder
              + (Files.exists(folder) ? " is not a folder." : " does not exist.")
              + " Make it, or name another with --managed-policies DIR.");
    }
    List<ManagedPolicyFile> policies = new ArrayList<>();
    for (Path file : files()) {
      if (file.toString().endsWith(ENDING)) {
        policies.add(read(file));
      } else {
        LOG.warn("{} is left out: managed policies are files NAME.json", file);
      }
    }
    return policies;
  }

  private List<Path> files() {
    try (Stream<Path> found = Files.walk(folder, FileVisitOption.FOLLOW_LINKS)) {
      return found.filter(file -> !isHidden(file) && !Files.isDirectory(file)).sorted().toList();
    } catch (IOException e) {
      throw unreadable(e);
    } catch (UncheckedIOException e) {
      throw unreadable(Objects.requireNonNull(e.getCause()));
    }
  }

  private UnusableManagedPolicyException unreadable(IOException e) {
    return new UnusableManagedPolicyException(
        "The folder of managed policies "
            + folder
            + " cannot be read: "
            + e
            + ". Repair it, or name another with --managed-policies DIR.");
  }

  private boolean isHidden(Path file) {
    for (Path part : folder.relativize(file)) {
      if (part.toString().startsWith(".")) {
        return true;
      }
    }
    return false;
  }

  private ManagedPolicyFile read(Path file) {
    List<String> parts = new ArrayList<>();
    folder.relativize(file).forEach(part -> parts.add(part.toString()));
    String last = parts.removeLast();
    String name = last.substring(0, last.length() - ENDING.length());
    if (!NAME_PART.matcher(name).matches()
        || !parts.stream().allMatch(part -> NAME_PART.matcher(part).matches())) {
      throw new UnusableManagedPolicyException(
          "The managed policy file "
              + file
              + " has a name that no policy can have. Use letters, digits and _+=,.@- only, or"
              + " remove it.");
    }
    String path = parts.isEmpty() ? "/" : "/" + String.join("/", parts) + "/";
    try {
      if (!Files.isRegularFile(file) || Files.size(file) > MAX_BYTES) {
        throw new UnusableManagedPolicyException(
            "The managed policy file "
                + file
                + " is not a file of at most 1 MiB. Replace it, or remove it.");
      }
      return new ManagedPolicyFile(
          "The managed policy file " + file,
          path,
          name,
          Files.getLastModifiedTime(file).toInstant(),
          Files.readString(file));
    } catch (CharacterCodingException e) {
      throw new UnusableManagedPolicyException(
          "The managed policy file " + file + " is not UTF-8. Write it again, or remove it.");
    } catch (IOException e) {
      throw new UnusableManagedPolicyException(
          "The managed policy file "
              + file
              + " cannot be read: "
              + e
              + ". Repair it, or remove it.");
    }
  }
}
