package io.carillon.s3;

import io.carillon.aws.checksum.ChecksumAlgorithm;
import io.carillon.s3.model.S3Error;
import io.carillon.s3.model.StoredChecksum;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.SdkField;
import software.amazon.awssdk.core.SdkPojo;

/// Reads and writes the members `ChecksumCRC32`, `ChecksumSHA256`, … that many shapes have.
final class ModelChecksums {
  private ModelChecksums() {}

  /// @param name of an algorithm, as a request's member gives it
  static ChecksumAlgorithm algorithm(String name) {
    return ChecksumAlgorithm.find(name)
        .orElseThrow(
            () ->
                S3Error.INVALID_REQUEST.because(
                    "Checksum algorithm provided is unsupported. Please try again with any of the"
                        + " valid types: "
                        + Arrays.toString(ChecksumAlgorithm.values())));
  }

  /// The checksums of a shape.
  static Map<ChecksumAlgorithm, String> in(SdkPojo shape) {
    Map<ChecksumAlgorithm, String> found = new EnumMap<>(ChecksumAlgorithm.class);
    for (ChecksumAlgorithm algorithm : ChecksumAlgorithm.values()) {
      SdkField<?> field = field(shape, algorithm);
      if (field != null && field.getValueOrDefault(shape) instanceof String value) {
        found.put(algorithm, value);
      }
    }
    return found;
  }

  /// Sets the member for the checksum's algorithm.
  static void set(SdkPojo builder, @Nullable StoredChecksum checksum) {
    if (checksum != null) {
      SdkField<?> field = field(builder, checksum.algorithm());
      if (field != null) {
        field.set(builder, checksum.value());
      }
    }
  }

  /// Fields are found by their name on the wire: an element or a header.
  private static @Nullable SdkField<?> field(SdkPojo shape, ChecksumAlgorithm algorithm) {
    Map<String, SdkField<?>> fields = shape.sdkFieldNameToField();
    SdkField<?> element = fields.get("Checksum" + algorithm.name());
    return element == null ? fields.get(algorithm.header()) : element;
  }
}
