package io.carillon.conventions;

import io.carillon.Main;
import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/// The compiled classes of the server, for tests that read bytecode.
public final class ServerClasses {
  private ServerClasses() {}

  public static Path folder() {
    return folderOf(Main.class);
  }

  /// The folder that a class was loaded from.
  public static Path folderOf(Class<?> type) {
    try {
      return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  public static List<ClassModel> all() throws IOException {
    Path folder = folder();
    List<ClassModel> models = new ArrayList<>();
    try (Stream<Path> files = Files.walk(folder.resolve("io"))) {
      for (Path file : files.filter(path -> path.toString().endsWith(".class")).toList()) {
        if (!file.endsWith("package-info.class")) {
          models.add(ClassFile.of().parse(file));
        }
      }
    }
    return models;
  }

  /// Loads a class without initializing it.
  ///
  /// @param internalName such as `io/carillon/Main`
  public static Class<?> load(String internalName) {
    try {
      return Class.forName(internalName.replace('/', '.'), false, Main.class.getClassLoader());
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException(e);
    }
  }
}
