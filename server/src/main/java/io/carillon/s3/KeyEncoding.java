package io.carillon.s3;

import io.carillon.s3.model.Listing;
import io.carillon.s3.model.S3Error;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.s3.model.CommonPrefix;

/// The encoding of keys in listings: none, which XML cannot represent for every key, or form
/// encoding.
enum KeyEncoding {
  PLAIN,
  URL;

  /// @throws io.carillon.aws.AwsException InvalidArgument for anything but `url`
  static KeyEncoding of(@Nullable String encodingType) {
    if (encodingType == null) {
      return PLAIN;
    }
    if (encodingType.equals("url")) {
      return URL;
    }
    throw S3Error.INVALID_ARGUMENT
        .because("Invalid Encoding Method specified in Request")
        .with("ArgumentName", "encoding-type")
        .with("ArgumentValue", encodingType);
  }

  String encode(String text) {
    return switch (this) {
      case PLAIN -> text;
      case URL -> URLEncoder.encode(text, StandardCharsets.UTF_8).replace("%2F", "/");
    };
  }

  /// The common prefixes of a listing.
  List<CommonPrefix> commonPrefixes(Listing<?> listing) {
    return listing.entries().stream()
        .filter(Listing.CommonPrefix.class::isInstance)
        .map(entry -> CommonPrefix.builder().prefix(encode(entry.text())).build())
        .toList();
  }

  @Nullable String encodeOptional(@Nullable String text) {
    return text == null ? null : encode(text);
  }
}
