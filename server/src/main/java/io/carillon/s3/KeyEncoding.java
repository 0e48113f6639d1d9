package io.carillon.s3;

import io.carillon.s3.model.S3Error;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/// How listings write keys: as they are, which XML cannot do for all of them, or like HTML forms.
enum KeyEncoding {
  PLAIN,
  URL;

  /// @throws io.carillon.aws.AwsException InvalidArgument for what is not `url`
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

  @Nullable String encodeOptional(@Nullable String text) {
    return text == null ? null : encode(text);
  }
}
