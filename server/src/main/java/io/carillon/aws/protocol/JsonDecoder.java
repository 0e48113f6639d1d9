package io.carillon.aws.protocol;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.exc.InputCoercionException;
import io.carillon.aws.AwsException;
import io.carillon.aws.CommonError;
import io.carillon.aws.protocol.MemberType.ListOf;
import io.carillon.aws.protocol.MemberType.MapOf;
import io.carillon.aws.protocol.MemberType.Scalar;
import io.carillon.aws.protocol.MemberType.Struct;
import io.carillon.aws.protocol.MemberType.Time;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.core.SdkPojo;

/// Reads JSON bodies. Types must match the shape: `"5"` is not a number.
final class JsonDecoder {
  private static final int MAX_DEPTH = 64;

  private final Shapes shapes;
  private final JsonFactory json;

  /// @param limitBytes the largest body, which bounds its longest string as well
  JsonDecoder(Shapes shapes, int limitBytes) {
    this.shapes = shapes;
    this.json =
        JsonFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .streamReadConstraints(
                StreamReadConstraints.builder()
                    .maxNestingDepth(MAX_DEPTH)
                    .maxStringLength(limitBytes)
                    .build())
            .build();
  }

  /// Reads an object of the members of `builder`. An empty body counts as an empty object.
  ///
  /// @throws AwsException [CommonError#SERIALIZATION] where it is not JSON or has wrong types,
  ///   [CommonError#VALIDATION] where it has an unknown member
  void read(byte[] document, SdkPojo builder) {
    if (document.length == 0) {
      return;
    }
    try (JsonParser parser = json.createParser(document)) {
      require(parser.nextToken() == JsonToken.START_OBJECT, "The body must be a JSON object");
      readStructure(parser, builder, "");
      require(parser.nextToken() == null, "The JSON object is followed by more text");
    } catch (IOException e) {
      JsonLocation at = e instanceof JsonProcessingException wrong ? wrong.getLocation() : null;
      throw malformed(
          at == null
              ? "The body is not JSON"
              : "The body is not JSON at line %d, column %d"
                  .formatted(at.getLineNr(), at.getColumnNr()));
    }
  }

  private void readStructure(JsonParser parser, SdkPojo builder, String path) throws IOException {
    Shape shape = shapes.of(builder);
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String name = parser.currentName();
      Member member = shape.body().get(name);
      if (member == null) {
        throw CommonError.VALIDATION.because(
            "The member " + path + name + " is not known to this operation.");
      }
      if (parser.nextToken() != JsonToken.VALUE_NULL) {
        member.set(builder, read(parser, member.kind(), path + name));
      }
    }
  }

  private Object read(JsonParser parser, MemberType kind, String path) throws IOException {
    return switch (kind) {
      case Scalar scalar -> readScalar(parser, scalar, path);
      case Time _ -> {
        require(parser.currentToken().isNumeric(), path + " must be seconds since 1970");
        try {
          yield Literals.ofEpoch(parser.getDecimalValue());
        } catch (IllegalArgumentException e) {
          throw malformed(path + " " + e.getMessage());
        }
      }
      case Struct struct -> {
        require(parser.currentToken() == JsonToken.START_OBJECT, path + " must be an object");
        SdkPojo builder = struct.builder().get();
        readStructure(parser, builder, path + ".");
        yield Shapes.build(builder);
      }
      case ListOf list -> {
        require(parser.currentToken() == JsonToken.START_ARRAY, path + " must be a list");
        List<Object> items = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
          String item = path + "[" + items.size() + "]";
          require(parser.currentToken() != JsonToken.VALUE_NULL, item + " must not be null");
          items.add(read(parser, list.item(), item));
        }
        yield items;
      }
      case MapOf map -> {
        require(parser.currentToken() == JsonToken.START_OBJECT, path + " must be an object");
        Map<String, Object> entries = new LinkedHashMap<>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
          String key = parser.currentName();
          if (parser.nextToken() != JsonToken.VALUE_NULL) {
            entries.put(key, read(parser, map.value(), path + "." + key));
          }
        }
        yield entries;
      }
    };
  }

  private static Object readScalar(JsonParser parser, Scalar type, String path) throws IOException {
    JsonToken token = parser.currentToken();
    try {
      return switch (type) {
        case STRING -> {
          require(token == JsonToken.VALUE_STRING, path + " must be a string");
          yield parser.getText();
        }
        case BOOLEAN -> {
          require(token.isBoolean(), path + " must be true or false");
          yield parser.getBooleanValue();
        }
        case SHORT -> {
          require(token == JsonToken.VALUE_NUMBER_INT, path + " must be a whole number");
          yield parser.getShortValue();
        }
        case INTEGER -> {
          require(token == JsonToken.VALUE_NUMBER_INT, path + " must be a whole number");
          yield parser.getIntValue();
        }
        case LONG -> {
          require(token == JsonToken.VALUE_NUMBER_INT, path + " must be a whole number");
          yield parser.getLongValue();
        }
        case FLOAT, DOUBLE, DECIMAL -> readFraction(parser, type, path);
        case BLOB -> {
          require(token == JsonToken.VALUE_STRING, path + " must be base64");
          yield readBlob(parser, path);
        }
      };
    } catch (InputCoercionException _) {
      throw malformed(path + " is out of range");
    }
  }

  private static Object readFraction(JsonParser parser, Scalar type, String path)
      throws IOException {
    require(parser.currentToken().isNumeric(), path + " must be a number");
    BigDecimal value = parser.getDecimalValue();
    return switch (type) {
      case FLOAT -> value.floatValue();
      case DOUBLE -> value.doubleValue();
      default -> value;
    };
  }

  private static SdkBytes readBlob(JsonParser parser, String path) throws IOException {
    try {
      return SdkBytes.fromByteArrayUnsafe(parser.getBinaryValue());
    } catch (com.fasterxml.jackson.core.JsonParseException _) {
      throw malformed(path + " must be base64");
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
