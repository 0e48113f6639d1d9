package io.carillon.store;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import com.fasterxml.jackson.dataformat.cbor.databind.CBORMapper;
import io.carillon.base.Reservation;
import io.carillon.base.UrlPasswords;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/// The key space for operators: table, key and row of any type.
public final class Inspection {
  private static final ObjectMapper CBOR = new CBORMapper();
  private static final byte[] BEGINNING = {};
  private static final byte[] END = {(byte) 0xFF};

  private final Database database;

  public Inspection(Database database) {
    this.database = database;
  }

  /// The names of all tables that hold rows. It skips from one table to the next, so its cost
  /// depends on the number of tables, not of rows.
  public List<String> tables() {
    return database.read(
        snapshot -> {
          List<String> names = new ArrayList<>();
          snapshot.scan(
              BEGINNING,
              END,
              1,
              (key, _) -> {
                String name = Tuple.parse(key).string(0);
                names.add(name);
                return new ScanStep.SkipTo(Range.within(Tuple.of(name)).to());
              });
          return names;
        });
  }

  /// The memory for a row as a tree and as text, in multiples of its size.
  private static final int MEMORY_FACTOR = 4;

  /// The first rows of a table, each as `{"key": […], "row": {…}}`.
  public List<JsonNode> rows(String table, int limit) {
    return rows(table, Tuple.of(), limit);
  }

  /// As above, of the keys that begin with `prefix`.
  public List<JsonNode> rows(String table, Tuple prefix, int limit) {
    Range range = Range.within(Tuple.of(table).and(prefix.elements().toArray()));
    List<JsonNode> rows = new ArrayList<>();
    if (limit <= 0) {
      return rows;
    }
    return database.read(
        snapshot -> {
          snapshot.scan(
              range.from(),
              range.to(),
              limit,
              (key, value) -> {
                Reservation.current().take((long) value.length * MEMORY_FACTOR);
                rows.add(describe(Tuple.parse(key), value));
                return ScanStep.nextIf(rows.size() < limit);
              });
          return rows;
        });
  }

  /// An unreadable row is shown as its bytes, as the operator is looking for what is wrong.
  private static JsonNode describe(Tuple key, byte[] value) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    ArrayNode elements = node.putArray("key");
    key.elements()
        .subList(1, key.size())
        .forEach(e -> elements.addPOJO(e instanceof String text ? UrlPasswords.hidden(text) : e));
    if (value.length > 1 && value[0] == RowCodec.CBOR) {
      try {
        return node.set("row", hidden(CBOR.readTree(value, 1, value.length - 1)));
      } catch (IOException e) {
        node.put("unreadable", e.getMessage());
      }
    }
    return node.put("bytes", HexFormat.of().formatHex(value));
  }

  /// The same tree without passwords in URLs; byte strings are left as they are.
  private static JsonNode hidden(JsonNode node) {
    switch (node) {
      case ObjectNode object ->
          object.properties().forEach(member -> member.setValue(hidden(member.getValue())));
      case ArrayNode array -> {
        for (int i = 0; i < array.size(); i++) {
          array.set(i, hidden(array.get(i)));
        }
      }
      case TextNode text -> {
        return TextNode.valueOf(UrlPasswords.hidden(text.textValue()));
      }
      default -> {} // numbers, booleans, bytes
    }
    return node;
  }
}
