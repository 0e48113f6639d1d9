package io.carillon.sns.smtp;

import io.carillon.sns.MailTransport;
import jakarta.mail.Message;
import jakarta.mail.MessagingException;
import jakarta.mail.Session;
import jakarta.mail.internet.InternetAddress;
import jakarta.mail.internet.MimeMessage;
import jakarta.mail.internet.MimeUtility;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Date;

/// Writes mails: header fields encoded and folded, the text in an ASCII-only transfer encoding.
final class MimeWriter {
  private static final String UTF_8 = "UTF-8";

  /// An encoded word has at most 75 characters, 12 of them for its delimiters.
  private static final int MAX_WORD_BYTES = 45;

  private final String from;
  private final String domain;
  private final InstantSource clock;

  /// @param from the sender's address
  MimeWriter(String from, InstantSource clock) {
    this.from = from;
    this.domain = from.substring(from.indexOf('@') + 1);
    this.clock = clock;
  }

  MimeMessage write(Session session, MailTransport.Mail mail) throws MessagingException {
    MimeMessage message = new FixedIdMessage(session, "<" + mail.id() + "@" + domain + ">");
    message.setHeader("From", MimeUtility.fold(6, phrase(mail.fromName()) + " <" + from + ">"));
    message.setRecipient(Message.RecipientType.TO, new InternetAddress(mail.to(), true));
    message.setHeader("Subject", MimeUtility.fold(9, words(mail.subject())));
    message.setSentDate(Date.from(clock.instant()));
    message.setHeader("Auto-Submitted", "auto-generated"); // RFC 3834: no out-of-office replies
    message.setText(mail.body(), UTF_8);
    message.setHeader("Content-Transfer-Encoding", encodingFor(mail.body()));
    message.saveChanges();
    return message;
  }

  /// A display name before an address: unquoted if it consists of plain words, else as encoded
  /// words.
  static String phrase(String name) {
    boolean plain =
        name.chars()
            .allMatch(c -> c == ' ' || c == '-' || (c < 128 && Character.isLetterOrDigit(c)));
    return plain && !name.isBlank() ? name : encodedWords(name);
  }

  /// Unstructured text: unchanged if it is printable ASCII, else as encoded words. Text that looks
  /// encoded is encoded as well, or mail programs would decode it.
  static String words(String text) {
    boolean plain = text.chars().allMatch(c -> c >= ' ' && c <= '~') && !text.contains("=?");
    return plain ? text : encodedWords(text);
  }

  /// RFC 2047, base 64, split between characters.
  private static String encodedWords(String text) {
    StringBuilder words = new StringBuilder();
    StringBuilder chunk = new StringBuilder();
    text.codePoints()
        .forEach(
            point -> {
              chunk.appendCodePoint(point);
              if (chunk.toString().getBytes(StandardCharsets.UTF_8).length > MAX_WORD_BYTES - 4) {
                words.append(encodedWord(chunk)).append(' ');
                chunk.setLength(0);
              }
            });
    return chunk.isEmpty() ? words.toString().strip() : words.append(encodedWord(chunk)).toString();
  }

  private static String encodedWord(CharSequence text) {
    byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
    return "=?UTF-8?B?" + Base64.getEncoder().encodeToString(bytes) + "?=";
  }

  /// Quoted-printable for mostly ASCII text, which stays readable. Base 64 for mostly other
  /// characters, where it is shorter, and for control characters, whose exact bytes only it
  /// preserves.
  static String encodingFor(String text) {
    int nonAscii = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean lineEnd =
          c == '\n' || (c == '\r' && i + 1 < text.length() && text.charAt(i + 1) == '\n');
      if (c < ' ' && c != '\t' && !lineEnd) {
        return "base64";
      }
      if (c > '~') {
        nonAscii++;
      }
    }
    return nonAscii > text.length() / 4 ? "base64" : "quoted-printable";
  }

  /// A message with our id, which saving it does not replace.
  private static final class FixedIdMessage extends MimeMessage {
    private final String id;

    FixedIdMessage(Session session, String id) {
      super(session);
      this.id = id;
    }

    @Override
    protected void updateMessageID() throws MessagingException {
      setHeader("Message-ID", id);
    }
  }
}
