package io.carillon.sns.smpp;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.outbox.DeliveryOutcome;
import io.carillon.sns.SmsTransport.TextMessage;
import io.carillon.store.MemoryDatabase;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Text messages over SMPP from our transport to our receiver.
class SmsTest {
  private static final InstantSource CLOCK =
      InstantSource.fixed(Instant.parse("2026-03-01T10:00:00Z"));
  private static final Duration TIMEOUT = Duration.ofSeconds(20);

  private final MemoryDatabase database = new MemoryDatabase();
  private final SmsInbox inbox = new SmsInbox(database);
  private final SmsReceiver receiver;
  private final SmppTransport transport;

  SmsTest() throws Exception {
    receiver = new SmsReceiver(inbox, 0, CLOCK);
    transport =
        new SmppTransport(SmppTransport.Center.local(receiver.port()), "CARILLON", 4, TIMEOUT);
  }

  @AfterEach
  void close() {
    transport.close();
    receiver.close();
  }

  @Test
  void textsAreDelivered() {
    assertThat(transport.send(text("1", "Hello {world} for 5 €", "")))
        .isInstanceOf(DeliveryOutcome.Done.class);

    SmsInbox.Sms sms = inbox.list().getFirst();
    assertThat(sms.from()).isEqualTo("CARILLON");
    assertThat(sms.to()).isEqualTo("+49151234567");
    assertThat(sms.text()).isEqualTo("Hello {world} for 5 €");
    assertThat(sms.segments()).isOne();
    assertThat(sms.received()).isEqualTo(CLOCK.instant());
  }

  @Test
  void senderIdsMayBeLettersOrNumbers() {
    transport.send(text("1", "a", "Bells"));
    transport.send(text("2", "b", "+49800123"));

    assertThat(inbox.list()).extracting(SmsInbox.Sms::from).containsExactly("Bells", "+49800123");
  }

  @Test
  void segmentLengthsFollowTheStandard() {
    assertThat(segments("x".repeat(160))).isEqualTo(1);
    assertThat(segments("x".repeat(161))).isEqualTo(2);
    assertThat(segments("x".repeat(306))).isEqualTo(2);
    assertThat(segments("x".repeat(307))).isEqualTo(3);
    assertThat(segments("€".repeat(80))).isEqualTo(1); // escapes take two places
    assertThat(segments("€".repeat(81))).isEqualTo(2);
    assertThat(segments("ж".repeat(70))).isEqualTo(1);
    assertThat(segments("ж".repeat(71))).isEqualTo(2);
    assertThat(segments("ж".repeat(135))).isEqualTo(3);
    assertThat(segments("")).isEqualTo(1);
    for (byte[] body : Segments.of("€".repeat(500), 7).bodies()) {
      assertThat(body.length).isLessThanOrEqualTo(159);
      assertThat(body[body.length - 1]).isNotEqualTo((byte) 0x1B); // no escape sequence is split
    }
  }

  @Test
  void theAlphabetHasExactlyTheStandardsCharacters() {
    String all = "";
    for (int code = 0; code < 128; code++) {
      if (code != 0x1B) {
        String character = Gsm7.decode(new byte[] {(byte) code}, 0);
        assertThat(Gsm7.encode(character)).containsExactly((byte) code);
        all += character;
      }
    }
    assertThat(all).hasSize(127);
    assertThat(Gsm7.canEncode(all + "\f^{}\\[~]|€")).isTrue();
    assertThat(Gsm7.canEncode("ç")).isFalse();
    assertThat(Gsm7.canEncode("\u001b")).isFalse();
    assertThat(Gsm7.canEncode("`")).isFalse();
    assertThat(Gsm7.decode(new byte[] {0x1B, 0x00, (byte) 0x80, 0x1B}, 0)).isEqualTo("   ");
  }

  @Test
  void anyTextIsReassembled() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    List<String> sent = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      sent.add(randomText(random));
      assertThat(transport.send(text("m" + i, sent.getLast(), "")))
          .as("seed %d", seed)
          .isInstanceOf(DeliveryOutcome.Done.class);
    }

    assertThat(inbox.list())
        .as("seed %d", seed)
        .extracting(SmsInbox.Sms::text)
        .containsExactlyElementsOf(sent);
  }

  @Test
  void textsAreListedWhenAllPartsHaveArrivedInAnyOrder() {
    inbox.add(part("b", 7, 2));
    assertThat(inbox.list()).isEmpty();
    inbox.add(part("x", 8, 2)); // another text
    inbox.add(part("c", 7, 3));
    inbox.add(part("c", 7, 3)); // sent again
    inbox.add(part("a", 7, 1));

    assertThat(inbox.list()).extracting(SmsInbox.Sms::text).containsExactly("abc");
  }

  @Test
  void theInboxIsDurableAndBounded() throws Exception {
    transport.send(text("1", "kept", ""));
    receiver.close();
    assertThat(new SmsInbox(database).list())
        .extracting(SmsInbox.Sms::text)
        .containsExactly("kept");

    SmsInbox two = new SmsInbox(new MemoryDatabase(), 2, 1_000);
    for (int i = 0; i < 5; i++) {
      two.add(new ReceivedSegment("a", "b", "t" + i, 0, 1, 1, CLOCK.instant()));
    }
    assertThat(two.list()).extracting(SmsInbox.Sms::text).containsExactly("t3", "t4");
    assertThat(two.await(sms -> sms.text().equals("t4"), Duration.ZERO)).isPresent();
    assertThat(two.await(sms -> sms.text().equals("t0"), Duration.ZERO)).isEmpty();
  }

  @Test
  void theReceiverListensOnLoopbackOnly() {
    assertThat(receiver.address().isLoopbackAddress()).isTrue();
  }

  private static int segments(String text) {
    return Segments.of(text, 1).bodies().size();
  }

  private static String randomText(Random random) {
    String[] gsm = {"a", "Z", " ", "ü", "€", "{", "@", "Δ", "\n", "word"};
    String[] all = {"a", "ж", "鐘", "👍", "💌", "€", "é", "`", "\u0000", "zero\u200bwidth"};
    String[] pieces = random.nextBoolean() ? gsm : all;
    StringBuilder text = new StringBuilder();
    int length = 1 + random.nextInt(1_580);
    while (text.length() < length) {
      text.append(pieces[random.nextInt(pieces.length)]);
    }
    return text.toString();
  }

  private static ReceivedSegment part(String text, int reference, int number) {
    return new ReceivedSegment("from", "to", text, reference, 3, number, CLOCK.instant());
  }

  private static TextMessage text(String id, String text, String sender) {
    return new TextMessage(id, "+49151234567", text, sender);
  }
}
