package io.carillon.lambda;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/// The zip of a function's code.
public final class DeploymentPackage {
  private DeploymentPackage() {}

  /// The package of a custom runtime that does nothing.
  public static byte[] doingNothing() {
    return of("bootstrap", "#!/bin/sh\n");
  }

  /// A package of one text file.
  public static byte[] of(String name, String text) {
    return of(Map.of(name, text.getBytes(StandardCharsets.UTF_8)));
  }

  public static byte[] of(Map<String, byte[]> files) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      for (Map.Entry<String, byte[]> file : files.entrySet()) {
        zip.putNextEntry(new ZipEntry(file.getKey()));
        zip.write(file.getValue());
        zip.closeEntry();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  /// A package of compiled classes.
  public static byte[] of(Class<?>... classes) {
    Map<String, byte[]> files = new LinkedHashMap<>();
    for (Class<?> one : classes) {
      String name = one.getName().replace('.', '/') + ".class";
      try (InputStream in = one.getClassLoader().getResourceAsStream(name)) {
        files.put(name, Objects.requireNonNull(in).readAllBytes());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return of(files);
  }
}
