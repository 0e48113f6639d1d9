package io.carillon.aws.protocol;

import io.carillon.aws.protocol.MemberType.ListOf;
import io.carillon.aws.protocol.MemberType.Scalar;
import io.carillon.aws.protocol.MemberType.Time;
import io.carillon.http.Headers;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.SdkPojo;

/// Writes the status and header fields of a response.
final class RestEncoder {
  private RestEncoder() {}

  static int status(Shape shape, SdkPojo output, int defaultStatus) {
    Member status = shape.status();
    return status != null && status.get(output) instanceof Integer value ? value : defaultStatus;
  }

  /// The engine sets `Content-Length`.
  static void headers(Shape shape, SdkPojo output, Headers into) {
    shape
        .headers()
        .forEach(
            (lower, member) -> {
              Object value = lower.equals("content-length") ? null : member.get(output);
              if (value != null) {
                into.set(member.name(), WireText.headerValue(text(member.kind(), value)));
              }
            });
    for (Member map : shape.headerMaps()) {
      @Nullable Object entries = map.get(output);
      if (entries != null) {
        ((Map<?, ?>) entries)
            .forEach(
                (key, value) ->
                    into.add(map.name() + key, WireText.headerValue(String.valueOf(value))));
      }
    }
  }

  private static String text(MemberType kind, Object value) {
    return switch (kind) {
      case Scalar scalar -> Literals.write(scalar, value);
      case Time time -> Literals.writeTime(time.form(), (Instant) value, true);
      case ListOf list ->
          ((List<?>) value)
              .stream().map(item -> text(list.item(), item)).collect(Collectors.joining(","));
      default -> throw new IllegalStateException("Not for a header: " + kind);
    };
  }
}
