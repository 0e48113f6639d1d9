package io.carillon.sqs;

import io.carillon.messaging.MessageAttribute;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;

/// SQS's constraints on a message's text, and the digests that clients verify.
final class MessageText {
  private MessageText() {}

  /// @throws io.carillon.aws.AwsException if there is a character that XML does not allow
  static void check(String text) {
    boolean allowed =
        text.codePoints()
            .allMatch(
                c ->
                    c == 0x9
                        || c == 0xA
                        || c == 0xD
                        || (c >= 0x20 && c <= 0xD7FF)
                        || (c >= 0xE000 && c <= 0xFFFD)
                        || c >= 0x10000);
    if (!allowed) {
      throw SqsError.INVALID_MESSAGE_CONTENTS.exception();
    }
  }

  static String md5(String text) {
    return HexFormat.of().formatHex(digest().digest(text.getBytes(StandardCharsets.UTF_8)));
  }

  /// The digest of all attributes in order of their names: each name, type and value is preceded by
  /// its length, the value also by a byte for text (1) or binary (2).
  ///
  /// Source:
  /// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html#sqs-attributes-md5-message-digest-calculation
  ///
  /// @param attributes sorted by name
  static String md5(Map<String, MessageAttribute> attributes) {
    MessageDigest digest = digest();
    attributes.forEach(
        (name, attribute) -> {
          update(digest, name.getBytes(StandardCharsets.UTF_8));
          update(digest, attribute.type().getBytes(StandardCharsets.UTF_8));
          digest.update((byte) (attribute.isBinary() ? 2 : 1));
          update(digest, attribute.content());
        });
    return HexFormat.of().formatHex(digest.digest());
  }

  private static void update(MessageDigest digest, byte[] bytes) {
    digest.update(ByteBuffer.allocate(4).putInt(bytes.length).flip());
    digest.update(bytes);
  }

  private static MessageDigest digest() {
    try {
      return MessageDigest.getInstance("MD5");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /// The size that counts against the limits of queue and batch.
  static int sizeBytes(String body, Map<String, MessageAttribute> attributes) {
    int size = body.getBytes(StandardCharsets.UTF_8).length;
    for (Map.Entry<String, MessageAttribute> attribute : attributes.entrySet()) {
      size += attribute.getValue().sizeBytes(attribute.getKey());
    }
    return size;
  }
}
