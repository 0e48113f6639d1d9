package io.carillon.aws.protocol;

import io.carillon.aws.AwsException;
import io.carillon.aws.CommonError;
import io.carillon.aws.protocol.MemberType.ListOf;
import io.carillon.aws.protocol.MemberType.MapOf;
import io.carillon.aws.protocol.MemberType.Scalar;
import io.carillon.aws.protocol.MemberType.Struct;
import io.carillon.aws.protocol.MemberType.Time;
import java.io.ByteArrayInputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;
import software.amazon.awssdk.core.SdkPojo;

/// Reads S3's XML bodies. Documents are untrusted: no DTD and no entity beyond XML's own five,
/// bounded depth (the caller bounds the size), UTF-8 text; an element that the shape does not have,
/// or has once and gets twice, is rejected.
final class XmlDecoder {
  private static final int MAX_DEPTH = 32;
  private static final String SCHEMA_INSTANCE = "http://www.w3.org/2001/XMLSchema-instance";

  private final Shapes shapes;

  XmlDecoder(Shapes shapes) {
    this.shapes = shapes;
  }

  /// Reads a document whose root is a structure, into the structure's builder.
  ///
  /// @throws AwsException [CommonError#SERIALIZATION] where it is malformed or does not match the
  ///   shape
  void read(byte[] document, String rootName, SdkPojo builder) {
    try (Reader text = text(document)) {
      XMLStreamReader xml = factory().createXMLStreamReader(text);
      next(xml);
      requireUtf8(xml);
      require(xml.getLocalName().equals(rootName), "The root must be " + rootName);
      readStructure(xml, builder, 1);
      while (xml.next() != XMLStreamConstants.END_DOCUMENT) {
        require(xml.getEventType() != XMLStreamConstants.DTD, "A document type is not allowed");
      }
    } catch (XMLStreamException | java.io.IOException e) {
      throw malformed(firstLine(e));
    }
  }

  private static String firstLine(Exception e) {
    return String.valueOf(e.getMessage()).lines().reduce((_, last) -> last).orElse("");
  }

  private static Reader text(byte[] document) {
    int skip = hasByteOrderMark(document) ? 3 : 0;
    return new InputStreamReader(
        new ByteArrayInputStream(document, skip, document.length - skip),
        StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .onUnmappableCharacter(CodingErrorAction.REPORT));
  }

  private static boolean hasByteOrderMark(byte[] bytes) {
    return bytes.length >= 3
        && bytes[0] == (byte) 0xEF
        && bytes[1] == (byte) 0xBB
        && bytes[2] == (byte) 0xBF;
  }

  private static XMLInputFactory factory() {
    XMLInputFactory factory = XMLInputFactory.newDefaultFactory();
    factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
    factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
    factory.setProperty(XMLInputFactory.IS_REPLACING_ENTITY_REFERENCES, true);
    factory.setProperty(XMLInputFactory.IS_COALESCING, true);
    factory.setXMLResolver(
        (_, _, _, _) -> {
          throw new XMLStreamException("External entities are not read");
        });
    return factory;
  }

  private static void requireUtf8(XMLStreamReader xml) {
    String declared = xml.getCharacterEncodingScheme();
    require(
        declared == null
            || Set.of("utf-8", "utf8", "us-ascii").contains(declared.toLowerCase(Locale.ROOT)),
        "The encoding must be UTF-8");
  }

  /// Reads up to the end of the current element.
  private void readStructure(XMLStreamReader xml, SdkPojo builder, int depth)
      throws XMLStreamException {
    require(depth <= MAX_DEPTH, "Elements are nested too deeply");
    Shape shape = shapes.of(builder);
    Map<Member, List<Object>> lists = new HashMap<>(4);
    Map<Member, Map<String, Object>> maps = new HashMap<>(0);
    Set<String> seen = new HashSet<>();
    readAttributes(xml, shape, builder);
    while (next(xml) == XMLStreamConstants.START_ELEMENT) {
      String name = xml.getLocalName();
      Member member = shape.body().get(name);
      if (member == null || member.attribute()) {
        throw malformed("The element " + name + " is not allowed here");
      }
      if (member.kind() instanceof ListOf list && list.flattened()) {
        lists
            .computeIfAbsent(member, _ -> new ArrayList<>())
            .add(read(xml, name, list.item(), depth + 1));
        continue;
      }
      if (member.kind() instanceof MapOf map && map.flattened()) {
        readEntry(xml, map, maps.computeIfAbsent(member, _ -> new HashMap<>()), depth + 1);
        continue;
      }
      require(seen.add(name), "The element " + name + " appears twice");
      member.set(builder, read(xml, name, member.kind(), depth + 1));
    }
    lists.forEach((member, items) -> member.set(builder, items));
    maps.forEach((member, entries) -> member.set(builder, entries));
    for (Member member : shape.required()) {
      require(
          seen.contains(member.name()) || lists.containsKey(member) || member.attribute(),
          "The element " + member.name() + " is missing");
    }
  }

  private static void readAttributes(XMLStreamReader xml, Shape shape, SdkPojo builder) {
    for (int i = 0; i < xml.getAttributeCount(); i++) {
      boolean instance = SCHEMA_INSTANCE.equals(xml.getAttributeNamespace(i));
      String name = (instance ? "xsi:" : "") + xml.getAttributeLocalName(i);
      Member member = shape.body().get(name);
      if (member != null && member.attribute()) {
        member.set(builder, xml.getAttributeValue(i));
      } else {
        require(instance, "The attribute " + name + " is not allowed here");
      }
    }
  }

  private Object read(XMLStreamReader xml, String name, MemberType kind, int depth)
      throws XMLStreamException {
    require(depth <= MAX_DEPTH, "Elements are nested too deeply");
    return switch (kind) {
      case Scalar scalar -> {
        String text = text(xml, name);
        yield literal(name, () -> Literals.read(scalar, text));
      }
      case Time time -> {
        String text = text(xml, name);
        yield literal(name, () -> Literals.readTime(time.form(), text));
      }
      case Struct struct -> {
        SdkPojo builder = struct.builder().get();
        readStructure(xml, builder, depth);
        yield Shapes.build(builder);
      }
      case ListOf list -> {
        List<Object> items = new ArrayList<>();
        while (next(xml) == XMLStreamConstants.START_ELEMENT) {
          requireName(xml, list.itemName());
          items.add(read(xml, list.itemName(), list.item(), depth + 1));
        }
        yield items;
      }
      case MapOf map -> {
        Map<String, Object> entries = new HashMap<>();
        while (next(xml) == XMLStreamConstants.START_ELEMENT) {
          requireName(xml, "entry");
          readEntry(xml, map, entries, depth + 1);
        }
        yield entries;
      }
    };
  }

  private void readEntry(XMLStreamReader xml, MapOf map, Map<String, Object> into, int depth)
      throws XMLStreamException {
    next(xml);
    requireName(xml, map.keyName());
    String key = text(xml, map.keyName());
    next(xml);
    requireName(xml, map.valueName());
    Object value = read(xml, map.valueName(), map.value(), depth + 1);
    require(into.put(key, value) == null, "The key " + key + " appears twice");
    require(next(xml) == XMLStreamConstants.END_ELEMENT, "An entry is a key and a value");
  }

  /// The text of an element without child elements; the reader is then at its end.
  private static String text(XMLStreamReader xml, String name) throws XMLStreamException {
    StringBuilder text = new StringBuilder();
    while (true) {
      switch (xml.next()) {
        case XMLStreamConstants.CHARACTERS, XMLStreamConstants.CDATA, XMLStreamConstants.SPACE ->
            text.append(xml.getText());
        case XMLStreamConstants.COMMENT, XMLStreamConstants.PROCESSING_INSTRUCTION -> {}
        case XMLStreamConstants.END_ELEMENT -> {
          return text.toString();
        }
        default -> throw malformed("The element " + name + " holds text only");
      }
    }
  }

  /// Moves to the next start or end of an element, skipping white space and comments.
  private static int next(XMLStreamReader xml) throws XMLStreamException {
    while (true) {
      int event = xml.next();
      switch (event) {
        case XMLStreamConstants.START_ELEMENT, XMLStreamConstants.END_ELEMENT -> {
          return event;
        }
        case XMLStreamConstants.CHARACTERS, XMLStreamConstants.CDATA ->
            require(xml.isWhiteSpace(), "There is text between elements");
        case XMLStreamConstants.SPACE,
            XMLStreamConstants.COMMENT,
            XMLStreamConstants.PROCESSING_INSTRUCTION -> {}
        default -> throw malformed("A document type or entity is not allowed");
      }
    }
  }

  private static void requireName(XMLStreamReader xml, String name) {
    require(
        xml.getEventType() == XMLStreamConstants.START_ELEMENT && xml.getLocalName().equals(name),
        "The element " + name + " is expected");
  }

  private static Object literal(String name, java.util.function.Supplier<Object> read) {
    try {
      return read.get();
    } catch (IllegalArgumentException e) {
      throw malformed("The element " + name + " " + e.getMessage());
    }
  }

  private static void require(boolean holds, String why) {
    if (!holds) {
      throw malformed(why);
    }
  }

  private static AwsException malformed(String why) {
    return CommonError.SERIALIZATION.because(why);
  }
}
