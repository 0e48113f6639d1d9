package io.carillon.aws.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.aws.AwsException;
import io.carillon.aws.CommonError;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.NotBlank;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.services.s3.model.AccessControlPolicy;
import software.amazon.awssdk.services.s3.model.Delete;
import software.amazon.awssdk.services.s3.model.Grantee;
import software.amazon.awssdk.services.s3.model.ObjectIdentifier;
import software.amazon.awssdk.services.s3.model.Tag;
import software.amazon.awssdk.services.s3.model.Type;

class XmlDecoderTest {
  private static final String KEY_A = "<Object><Key>a</Key></Object>";
  private final Shapes shapes = new Shapes();
  private final XmlDecoder decoder = new XmlDecoder(shapes);

  private Delete delete(byte[] document) {
    Delete.Builder builder = Delete.builder();
    decoder.read(document, "Delete", builder);
    return builder.build();
  }

  private Delete delete(String document) {
    return delete(document.getBytes(StandardCharsets.UTF_8));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "<Delete>" + KEY_A + "</Delete>",
        "<?xml version='1.0' encoding='UTF-8'?>\n<Delete>\n  " + KEY_A + "\n</Delete>\n",
        "<Delete xmlns='http://s3.amazonaws.com/doc/2006-03-01/'>" + KEY_A + "</Delete>",
        "<s:Delete xmlns:s='http://s3.amazonaws.com/doc/2006-03-01/'><s:Object><s:Key>a</s:Key>"
            + "</s:Object></s:Delete>",
        "<Delete xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' xsi:schemaLocation='x'><!--"
            + " c --><Object><Key><![CDATA[a]]></Key></Object></Delete>",
        "\uFEFF<Delete><Object><Key>&#97;</Key></Object></Delete>",
      })
  void equivalentDocumentsAreDecodedEqually(String document) {
    assertThat(delete(document))
        .isEqualTo(Delete.builder().objects(ObjectIdentifier.builder().key("a").build()).build());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "no xml",
        "{\"json\":true}",
        "<Delete>",
        "<Delete/>", // objects are required
        "<Delete>" + KEY_A + "</Delet>",
        "<Delete>" + KEY_A + "</Delete><Delete/>",
        "<Other>" + KEY_A + "</Other>",
        "<Delete><Object><Key>a</Key><Key>b</Key></Object></Delete>",
        "<Delete><Object><Key><b/></Key></Object></Delete>",
        "<Delete><Object>text<Key>a</Key></Object></Delete>",
        "<Delete><Object><VersionId>v</VersionId></Object></Delete>",
        "<Delete><Object><Key>a</Key><Surprise/></Object></Delete>",
        "<Delete><Object><Key>a</Key></Object><Quiet>maybe</Quiet></Delete>",
        "<Delete><Object><Key>a</Key><Size>1.5</Size></Object></Delete>",
        "<Delete><Object><Key>a</Key><Size>99999999999999999999</Size></Object></Delete>",
        "<Delete><Object><Key>a</Key><LastModifiedTime>now</LastModifiedTime></Object></Delete>",
        "<Delete surprise='x'>" + KEY_A + "</Delete>",
        "<Delete><Object><Key>&undefined;</Key></Object></Delete>",
        "<Delete><Object><Key>&#0;</Key></Object></Delete>",
        "<!DOCTYPE Delete><Delete>" + KEY_A + "</Delete>",
        "<!DOCTYPE d [<!ENTITY e 'x'>]><Delete><Object><Key>&e;</Key></Object></Delete>",
        "<!DOCTYPE d [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><Delete><Object><Key>&e;</Key>"
            + "</Object></Delete>",
        "<?xml version='1.0' encoding='ISO-8859-1'?><Delete>" + KEY_A + "</Delete>",
      })
  void documentsOutsideTheShapeAreRejected(String document) {
    assertThatThrownBy(() -> delete(document))
        .isInstanceOfSatisfying(
            AwsException.class, e -> assertThat(e.error()).isEqualTo(CommonError.SERIALIZATION));
  }

  @ParameterizedTest
  @ValueSource(strings = {"UTF-16", "ISO-8859-1"})
  void onlyUtf8IsAccepted(String charset) {
    byte[] document =
        "<Delete><Object><Key>ü</Key></Object></Delete>".getBytes(Charset.forName(charset));
    assertThatThrownBy(() -> delete(document)).isInstanceOf(AwsException.class);
  }

  @Test
  void depthIsBounded() {
    assertThatThrownBy(() -> delete("<Delete>".repeat(100_000))).isInstanceOf(AwsException.class);
  }

  @Test
  void theErrorNamesTheElement() {
    assertThatThrownBy(() -> delete("<Delete>" + KEY_A + "<Surprise/></Delete>"))
        .hasMessage("The element Surprise is not allowed here");
  }

  @Test
  void aGranteesTypeIsAnAttribute() {
    AccessControlPolicy.Builder builder = AccessControlPolicy.builder();
    decoder.read(
        ("<AccessControlPolicy><AccessControlList><Grant><Grantee"
                + " xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance'"
                + " xsi:type='CanonicalUser'><ID>i</ID></Grantee><Permission>READ</Permission>"
                + "</Grant></AccessControlList></AccessControlPolicy>")
            .getBytes(StandardCharsets.UTF_8),
        "AccessControlPolicy",
        builder);
    assertThat(builder.build().grants().getFirst().grantee())
        .isEqualTo(Grantee.builder().type(Type.CANONICAL_USER).id("i").build());
    XmlWriter out = new XmlWriter().open("p");
    new XmlEncoder(shapes, true).members(out, builder.build());
    assertThat(new String(out.bytes(), StandardCharsets.UTF_8))
        .contains(
            "<Grantee xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\""
                + " xsi:type=\"CanonicalUser\"><ID>i</ID></Grantee>");
  }

  @Property
  void textSurvivesARoundTrip(@ForAll @NotBlank String key, @ForAll String value) {
    String text = onlyXml(key);
    Tag tag = Tag.builder().key(text).value(onlyXml(value)).build();
    XmlWriter out = new XmlWriter().open("Tag");
    new XmlEncoder(shapes, true).members(out, tag);
    Tag.Builder builder = Tag.builder();
    decoder.read(out.close("Tag").bytes(), "Tag", builder);
    assertThat(builder.build()).isEqualTo(tag);
  }

  /// Without characters that XML 1.0 does not allow.
  private static String onlyXml(String text) {
    StringBuilder kept = new StringBuilder();
    text.codePoints()
        .filter(
            c ->
                c == 0x9
                    || c == 0xA
                    || c == 0xD
                    || (c >= 0x20 && c <= 0xD7FF)
                    || (c >= 0xE000 && c <= 0xFFFD)
                    || c >= 0x10000)
        .forEach(kept::appendCodePoint);
    return kept.toString();
  }
}
