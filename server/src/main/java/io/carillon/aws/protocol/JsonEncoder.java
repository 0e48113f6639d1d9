package io.carillon.aws.protocol;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.carillon.aws.protocol.MemberType.ListOf;
import io.carillon.aws.protocol.MemberType.MapOf;
import io.carillon.aws.protocol.MemberType.Scalar;
import io.carillon.aws.protocol.MemberType.Struct;
import io.carillon.aws.protocol.MemberType.Time;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.core.SdkPojo;

/// Writes model objects as JSON.
final class JsonEncoder {
  private final Shapes shapes;
  private final JsonFactory json = new JsonFactory();

  JsonEncoder(Shapes shapes) {
    this.shapes = shapes;
  }

  byte[] write(SdkPojo structure) {
    return document(out -> writeStructure(out, structure));
  }

  /// An object of strings.
  byte[] write(Map<String, String> members) {
    return document(
        out -> {
          out.writeStartObject();
          for (Map.Entry<String, String> member : members.entrySet()) {
            out.writeStringField(member.getKey(), member.getValue());
          }
          out.writeEndObject();
        });
  }

  private interface Content {
    void writeTo(JsonGenerator out) throws IOException;
  }

  private byte[] document(Content content) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(512);
    try (JsonGenerator out = json.createGenerator(bytes)) {
      content.writeTo(out);
    } catch (IOException e) {
      throw new UncheckedIOException(e); // not an I/O failure: a value that JSON cannot represent
    }
    return bytes.toByteArray();
  }

  private void writeStructure(JsonGenerator out, SdkPojo structure) throws IOException {
    out.writeStartObject();
    for (Member member : shapes.of(structure).body().values()) {
      Object value = member.get(structure);
      if (value != null) {
        out.writeFieldName(member.name());
        write(out, member.kind(), value);
      }
    }
    out.writeEndObject();
  }

  private void write(JsonGenerator out, MemberType kind, Object value) throws IOException {
    switch (kind) {
      case Scalar scalar -> writeScalar(out, scalar, value);
      case Time _ -> out.writeNumber(Literals.toEpoch((Instant) value));
      case Struct _ -> writeStructure(out, (SdkPojo) value);
      case ListOf list -> {
        out.writeStartArray();
        for (Object item : (List<?>) value) {
          write(out, list.item(), item);
        }
        out.writeEndArray();
      }
      case MapOf map -> {
        out.writeStartObject();
        for (Map.Entry<?, ?> entry : ((Map<?, ?>) value).entrySet()) {
          out.writeFieldName(String.valueOf(entry.getKey()));
          write(out, map.value(), entry.getValue());
        }
        out.writeEndObject();
      }
    }
  }

  private static void writeScalar(JsonGenerator out, Scalar type, Object value) throws IOException {
    switch (type) {
      case STRING -> out.writeString((String) value);
      case BOOLEAN -> out.writeBoolean((Boolean) value);
      case SHORT, INTEGER, LONG -> out.writeNumber(((Number) value).longValue());
      case FLOAT, DOUBLE -> out.writeNumber(((Number) value).doubleValue());
      case DECIMAL -> out.writeNumber((BigDecimal) value);
      case BLOB -> out.writeBinary(((SdkBytes) value).asByteArrayUnsafe());
    }
  }
}
