package io.carillon.sns.smtp;

import io.carillon.sns.MailTransport.Mail;
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

/// Writes mails: header fields encoded and folded, text in an encoding that survives every relay.
final class MimeWriter {
  private static final String UTF_8 = "UTF-8";

  /// An encoded word is 75 characters at most, 12 of which are its frame.
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

  MimeMessage write(Session session, Mail mail) throws MessagingException {
    MimeMessage message = new Identified(session, "<" + mail.id() + "@" + domain + ">");
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

  /// A name before an address: bare where it consists of plain words, else as encoded words.
  static String phrase(String name) {
    boolean plain =
        name.chars()
            .allMatch(c -> c == ' ' || c == '-' || (c < 128 && Character.isLetterOrDigit(c)));
    return plain && !name.isBlank() ? name : encodedWords(name);
  }

  /// Unstructured text: as it is if it is plain, else as encoded words. Text that only looks
  /// encoded is encoded too, or readers would decode what nobody encoded.
  static String words(String text) {
    boolean plain = text.chars().allMatch(c -> c >= ' ' && c <= '~') && !text.contains("=?");
    return plain ? text : encodedWords(text);
  }

  /// RFC 2047, base 64, cut between characters.
  private static String encodedWords(String text) {
    StringBuilder words = new StringBuilder();
    StringBuilder piece = new StringBuilder();
    text.codePoints()
        .forEach(
            point -> {
              piece.appendCodePoint(point);
              if (piece.toString().getBytes(StandardCharsets.UTF_8).length > MAX_WORD_BYTES - 4) {
                words.append(encodedWord(piece)).append(' ');
                piece.setLength(0);
              }
            });
    return piece.isEmpty() ? words.toString().strip() : words.append(encodedWord(piece)).toString();
  }

  private static String encodedWord(CharSequence text) {
    byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
    return "=?UTF-8?B?" + Base64.getEncoder().encodeToString(bytes) + "?=";
  }

  /// Quoted-printable for what people may read raw. Base 64 for mostly foreign letters, which are
  /// shorter that way, and for control characters, whose exact bytes only it keeps.
  static String encodingFor(String text) {
    int foreign = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean lineEnd =
          c == '\n' || (c == '\r' && i + 1 < text.length() && text.charAt(i + 1) == '\n');
      if (c < ' ' && c != '\t' && !lineEnd) {
        return "base64";
      }
      if (c > '~') {
        foreign++;
      }
    }
    return foreign > text.length() / 4 ? "base64" : "quoted-printable";
  }

  /// A message whose id is ours, not made anew each time it is saved.
  private static final class Identified extends MimeMessage {
    private final String id;

    Identified(Session session, String id) {
      super(session);
      this.id = id;
    }

    @Override
    protected void updateMessageID() throws MessagingException {
      setHeader("Message-ID", id);
    }
  }
}
