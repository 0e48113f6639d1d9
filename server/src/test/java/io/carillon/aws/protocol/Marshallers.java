package io.carillon.aws.protocol;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Field;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import software.amazon.awssdk.core.SdkField;
import software.amazon.awssdk.core.protocol.MarshallLocation;
import software.amazon.awssdk.core.traits.RequiredTrait;
import software.amazon.awssdk.core.traits.TraitType;
import software.amazon.awssdk.protocols.core.OperationInfo;

/// Derives the lists of operations from the SDK's marshallers, the only place in the SDK with an
/// operation's method and path.
final class Marshallers {

  private static final String SERVICES = "software/amazon/awssdk/services";

  /// The interfaces of the SDK's clients on the class path, by signing name.
  private static final Map<String, Class<?>> CLIENTS = clients();

  private Marshallers() {}

  static List<Model.Entry> read(String service) {
    String base = client(service).getPackageName();
    List<Model.Entry> entries = new ArrayList<>();
    for (String input : requestClasses(base)) {
      entries.add(entry(service, base, input));
    }
    entries.sort(Comparator.comparing(Model.Entry::name));
    return entries;
  }

  /// The interface of a service's client.
  static Class<?> client(String service) {
    Class<?> client = CLIENTS.get(service);
    if (client == null) {
      throw new AssertionError("No SDK for " + service + " is among the dependencies");
    }
    return client;
  }

  private static Map<String, Class<?>> clients() {
    Map<String, Class<?>> clients = new HashMap<>();
    try {
      for (URL services :
          Collections.list(Marshallers.class.getClassLoader().getResources(SERVICES))) {
        try (FileSystem jar = FileSystems.newFileSystem(services.toURI(), Map.of());
            Stream<Path> files = Files.walk(jar.getPath(SERVICES), 2)) {
          for (Path file : files.filter(Marshallers::isClient).toList()) {
            String name = file.toString().replace('/', '.');
            Class<?> client = load(name.substring(0, name.length() - ".class".length()));
            clients.put((String) client.getField("SERVICE_NAME").get(null), client);
          }
        }
      }
      return clients;
    } catch (IOException | URISyntaxException | ReflectiveOperationException e) {
      throw new AssertionError(e);
    }
  }

  private static boolean isClient(Path file) {
    String name = file.getFileName().toString();
    return name.endsWith("Client.class")
        && !name.endsWith("AsyncClient.class")
        && !name.startsWith("Default");
  }

  /// The request class of an operation.
  static Class<?> inputClass(String service, Model.Entry entry) {
    return load(client(service).getPackageName() + ".model." + entry.input() + "Request");
  }

  static Class<?> outputClass(String service, Model.Entry entry) {
    return load(client(service).getPackageName() + ".model." + entry.input() + "Response");
  }

  private static Model.Entry entry(String service, String base, String input) {
    OperationInfo info = info(load(base + ".transform." + input + "RequestMarshaller"));
    String identifier = info.operationIdentifier();
    String name =
        identifier == null ? input : identifier.substring(identifier.lastIndexOf('.') + 1);
    List<SdkField<?>> fields = fields(load(base + ".model." + input + "Request"));
    boolean inBucket =
        fields.stream()
            .anyMatch(
                f -> f.location() == MarshallLocation.PATH && f.locationName().equals("Bucket"));
    return new Model.Entry(
        name,
        input,
        info.httpMethod().name(),
        (service.equals("s3") && inBucket ? "/{Bucket}" : "") + info.requestUri(),
        service.equals("s3") ? needs(fields) : List.of());
  }

  /// The required query parameters, and the header that makes a PUT a copy.
  private static List<String> needs(List<SdkField<?>> fields) {
    return fields.stream()
        .filter(f -> f.containsTrait(RequiredTrait.class, TraitType.REQUIRED_TRAIT))
        .flatMap(
            f ->
                switch (f.location()) {
                  case QUERY_PARAM -> Stream.of(f.locationName());
                  case HEADER ->
                      f.locationName().equals("x-amz-copy-source")
                          ? Stream.of(":" + f.locationName())
                          : Stream.<String>empty();
                  default -> Stream.<String>empty();
                })
        .sorted()
        .toList();
  }

  private static List<SdkField<?>> fields(Class<?> model) {
    return new Shapes().builder(model).sdkFields();
  }

  private static OperationInfo info(Class<?> marshaller) {
    try {
      Field binding = marshaller.getDeclaredField("SDK_OPERATION_BINDING");
      binding.setAccessible(true);
      return (OperationInfo) binding.get(null);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError(marshaller + " has no operation binding", e);
    }
  }

  /// Names of request classes without `Request`, from the marshallers in the jar.
  private static List<String> requestClasses(String base) {
    String folder = base.replace('.', '/') + "/transform";
    String suffix = "RequestMarshaller.class";
    try {
      URI uri = Marshallers.class.getClassLoader().getResource(folder).toURI();
      try (FileSystem jar = FileSystems.newFileSystem(uri, Map.of());
          Stream<Path> files = Files.list(jar.getPath(folder))) {
        return files
            .map(file -> file.getFileName().toString())
            .filter(file -> file.endsWith(suffix))
            .map(file -> file.substring(0, file.length() - suffix.length()))
            .toList();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }

  static Class<?> load(String name) {
    try {
      return Class.forName(name);
    } catch (ClassNotFoundException e) {
      throw new AssertionError(e);
    }
  }
}
