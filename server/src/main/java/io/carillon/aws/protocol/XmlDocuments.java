package io.carillon.aws.protocol;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import software.amazon.awssdk.core.SdkPojo;

/// XML outside of the protocol's shapes, as in the fields of a form.
public final class XmlDocuments {
  private XmlDocuments() {}

  /// Reads a document whose root is a structure, into the structure's builder.
  ///
  /// @throws io.carillon.aws.AwsException [io.carillon.aws.CommonError#SERIALIZATION] where it is
  ///   malformed or does not match the shape
  public static void read(String document, String root, SdkPojo builder) {
    new XmlDecoder(new Shapes()).read(document.getBytes(StandardCharsets.UTF_8), root, builder);
  }

  /// A document of text elements, in their order.
  public static byte[] write(String root, Map<String, String> elements) {
    XmlWriter xml = new XmlWriter().open(root);
    elements.forEach(xml::element);
    return xml.close(root).bytes();
  }
}
