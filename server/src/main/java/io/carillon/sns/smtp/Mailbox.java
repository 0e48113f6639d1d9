package io.carillon.sns.smtp;

import io.carillon.sns.Inbox;
import io.carillon.sns.ReceivedMails;
import io.carillon.store.Database;
import jakarta.mail.BodyPart;
import jakarta.mail.MessagingException;
import jakarta.mail.Multipart;
import jakarta.mail.Part;
import jakarta.mail.Session;
import jakarta.mail.internet.MimeMessage;
import jakarta.mail.internet.MimeUtility;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The mails of the built-in receiver, for people and tests to read.
public final class Mailbox implements ReceivedMails {
  private static final int MAX_COUNT = 1_000;
  private static final long MAX_BYTES = 64L << 20;
  private static final Pattern URL = Pattern.compile("https?://[^\\s\"<>]+");
  private static final int MAX_DEPTH = 8;

  private final Inbox<ReceivedMail> inbox;

  /// A mail, decoded.
  ///
  /// @param from the header's sender, including the name
  /// @param to the envelope's recipients
  /// @param text the first text part
  /// @param raw the message as received
  public record Mail(
      long id,
      String from,
      List<String> to,
      Instant received,
      String subject,
      String messageId,
      String text,
      byte[] raw) {}

  public Mailbox(Database database) {
    this(database, MAX_COUNT, MAX_BYTES);
  }

  Mailbox(Database database, int maxCount, long maxBytes) {
    this.inbox =
        new Inbox<>(
            database,
            "sns.mailbox",
            ReceivedMail.class,
            mail -> mail.raw().length,
            maxCount,
            maxBytes);
  }

  void add(ReceivedMail mail) {
    inbox.add(mail);
  }

  @Override
  public List<Mail> list() {
    return inbox.list().stream().map(Mailbox::read).toList();
  }

  public Optional<Mail> get(long id) {
    return inbox.get(id).map(Mailbox::read);
  }

  @Override
  public boolean delete(long id) {
    return inbox.delete(id);
  }

  /// Waits for the first mail that `filter` accepts; empty if there is none within `timeout`.
  public Optional<Mail> await(Predicate<Mail> filter, Duration timeout)
      throws InterruptedException {
    return inbox
        .await(mail -> filter.test(read(new Inbox.Item<>(0, mail))), timeout)
        .map(Mailbox::read);
  }

  @Override
  public List<ConfirmationLink> confirmationLinks() {
    List<Inbox.Item<ReceivedMail>> items = inbox.list();
    Set<String> seen = new HashSet<>(); // a mail may have come twice
    items.forEach(item -> seen.addAll(item.value().followedLinks()));
    List<ConfirmationLink> links = new ArrayList<>();
    for (Inbox.Item<ReceivedMail> item : items) {
      for (String url : confirmLinks(read(item))) {
        if (seen.add(url)) {
          links.add(new ConfirmationLink(item.id(), String.join(", ", item.value().to()), url));
        }
      }
    }
    return links;
  }

  @Override
  public boolean markFollowed(ConfirmationLink link) {
    return inbox.update(
        link.mail(),
        mail ->
            mail.followedLinks().contains(link.url())
                ? Optional.empty()
                : Optional.of(mail.following(link.url())));
  }

  /// The links of a mail that confirm a subscription.
  static List<String> confirmLinks(Mail mail) {
    List<String> links = new ArrayList<>();
    Matcher matcher = URL.matcher(mail.text());
    while (matcher.find()) {
      String link = matcher.group();
      if (link.contains("/confirmation.html?") || link.contains("Action=ConfirmSubscription")) {
        links.add(link);
      }
    }
    return links;
  }

  /// Decodes a mail. Anyone on this machine may have sent it, so fields that cannot be decoded stay
  /// empty.
  private static Mail read(Inbox.Item<ReceivedMail> item) {
    ReceivedMail mail = item.value();
    String from = mail.from();
    String subject = "";
    String messageId = "";
    String text = "";
    try {
      MimeMessage message =
          new MimeMessage(
              Session.getInstance(new Properties()), new ByteArrayInputStream(mail.raw()));
      String[] sender = message.getHeader("From");
      from = sender == null ? from : MimeUtility.decodeText(MimeUtility.unfold(sender[0]));
      subject = Optional.ofNullable(message.getSubject()).orElse("");
      messageId = Optional.ofNullable(message.getMessageID()).orElse("");
      text = text(message, 0).orElse("");
    } catch (MessagingException | IOException | RuntimeException e) {
      text = new String(mail.raw(), StandardCharsets.ISO_8859_1);
    }
    return new Mail(
        item.id(), from, mail.to(), mail.received(), subject, messageId, text, mail.raw());
  }

  private static Optional<String> text(Part part, int depth)
      throws MessagingException, IOException {
    if (depth > MAX_DEPTH) {
      return Optional.empty();
    }
    return switch (part.getContent()) {
      case String text -> Optional.of(text);
      case Multipart parts -> {
        Optional<String> found = Optional.empty();
        for (int i = 0; i < parts.getCount() && found.isEmpty(); i++) {
          BodyPart child = parts.getBodyPart(i);
          found = text(child, depth + 1);
        }
        yield found;
      }
      default -> Optional.empty();
    };
  }
}
