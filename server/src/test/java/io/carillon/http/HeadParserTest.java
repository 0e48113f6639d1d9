package io.carillon.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class HeadParserTest {
  private static final String HEAD =
      "\r\nPUT /a?b HTTP/1.1\r\nHost: h\r\nX: y\r\nContent-Length: 3\r\n\r\n";

  @Test
  void aHeadSplitAnywhereIsParsed() throws Exception {
    byte[] bytes = (HEAD + "abc").getBytes(StandardCharsets.ISO_8859_1);
    for (int cut = 0; cut <= HEAD.length(); cut++) {
      HeadParser parser = new HeadParser(Limits.standard().sizes());
      ByteBuf buffer = Unpooled.buffer();
      buffer.writeBytes(bytes, 0, cut);
      Head head = parser.parse(buffer);
      if (cut < HEAD.length()) {
        assertThat(head).as("cut at %d", cut).isNull();
        buffer.writeBytes(bytes, cut, bytes.length - cut);
        head = parser.parse(buffer);
      } else {
        buffer.writeBytes(bytes, cut, bytes.length - cut);
      }
      assertParsed(head, buffer);
    }
  }

  @Test
  void aHeadReceivedByteByByteIsFollowedByAnother() throws Exception {
    HeadParser parser = new HeadParser(Limits.standard().sizes());
    for (int round = 0; round < 2; round++) {
      ByteBuf buffer = Unpooled.buffer();
      Head head = null;
      for (byte b : HEAD.getBytes(StandardCharsets.ISO_8859_1)) {
        assertThat(head).isNull();
        head = parser.parse(buffer.writeByte(b));
      }
      buffer.writeCharSequence("abc", StandardCharsets.ISO_8859_1);
      assertParsed(head, buffer);
    }
  }

  private static void assertParsed(@Nullable Head parsed, ByteBuf rest) {
    Head head = Objects.requireNonNull(parsed);
    assertThat(head.method()).isEqualTo("PUT");
    assertThat(head.rawPath()).isEqualTo("/a");
    assertThat(head.rawQuery()).isEqualTo("b");
    assertThat(head.headers().first("x")).isEqualTo("y");
    assertThat(head.headers().size()).isEqualTo(3);
    assertThat(head.framing()).isEqualTo(new Head.Framing.Length(3));
    assertThat(rest.toString(StandardCharsets.ISO_8859_1)).isEqualTo("abc");
  }
}
