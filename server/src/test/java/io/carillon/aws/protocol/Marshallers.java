package io.carillon.aws.protocol;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Field;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
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

  /// The SDK's packages by signing name.
  static final Map<String, String> PACKAGES =
      Map.of(
          "s3", "s3",
          "lambda", "lambda",
          "sns", "sns",
          "sqs", "sqs",
          "iam", "iam",
          "sts", "sts",
          "logs", "cloudwatchlogs",
          "events", "eventbridge");

  private Marshallers() {}

  static List<Model.Entry> read(String service) {
    String base = "software.amazon.awssdk.services." + PACKAGES.get(service);
    List<Model.Entry> entries = new ArrayList<>();
    for (String input : requestClasses(base)) {
      entries.add(entry(service, base, input));
    }
    entries.sort(Comparator.comparing(Model.Entry::name));
    return entries;
  }

  /// The request class of an operation.
  static Class<?> inputClass(String service, Model.Entry entry) {
    return load(
        "software.amazon.awssdk.services."
            + PACKAGES.get(service)
            + ".model."
            + entry.input()
            + "Request");
  }

  static Class<?> outputClass(String service, Model.Entry entry) {
    return load(
        "software.amazon.awssdk.services."
            + PACKAGES.get(service)
            + ".model."
            + entry.input()
            + "Response");
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
      throw new AssertionError(marshaller + " has no operation binding", e);
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
