package io.carillon.aws;

import io.carillon.conventions.ServerClasses;
import io.carillon.kernel.Service;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/// The services, for tests that are parameterized with their names: every `NameService` in a folder
/// of its own, with its `SPEC`.
public final class Specs {
  public static final List<ServiceSpec> ALL = in(ServerClasses.folder());

  private Specs() {}

  /// @param folder of compiled classes
  public static List<ServiceSpec> in(Path folder) {
    List<ServiceSpec> specs = new ArrayList<>();
    for (Path file : files(folder.resolve("io/carillon"))) {
      String name = folder.relativize(file).toString();
      Class<?> type = ServerClasses.load(name.substring(0, name.length() - ".class".length()));
      if (Service.class.isAssignableFrom(type) && type != Service.class) {
        specs.add(specOf(type));
      }
    }
    return List.copyOf(specs);
  }

  private static List<Path> files(Path services) {
    try (Stream<Path> files = Files.walk(services, 2)) {
      return files.filter(file -> file.toString().endsWith("Service.class")).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static ServiceSpec specOf(Class<?> service) {
    try {
      return (ServiceSpec) service.getField("SPEC").get(null);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError(service + " has no public SPEC", e);
    }
  }

  public static List<String> names() {
    return ALL.stream().map(ServiceSpec::name).toList();
  }

  /// The services that a test does not treat one by one.
  public static List<String> namesExcept(String... others) {
    return names().stream().filter(name -> !Arrays.asList(others).contains(name)).toList();
  }

  public static ServiceSpec of(String name) {
    return ALL.stream()
        .filter(spec -> spec.name().equals(name))
        .findFirst()
        .orElseGet(() -> other(name));
  }

  /// A service that is not here.
  private static ServiceSpec other(String name) {
    return ServiceSpec.of(
        name, 6 << 20, Specs.class, new ServiceSpec.Wire.Query("", "", ErrorDialect.common()));
  }
}
