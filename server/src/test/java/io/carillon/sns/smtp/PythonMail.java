package io.carillon.sns.smtp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Parses mail with Python's `email` package, which shares no code with our encoder.
final class PythonMail {
  private static final String SCRIPT =
      """
      import email, email.policy, json, sys
      for path in sys.argv[1:]:
          with open(path, "rb") as f:
              m = email.message_from_binary_file(f, policy=email.policy.default)
          print(json.dumps({
              "subject": m["Subject"], "from": m["From"], "to": m["To"],
              "messageId": m["Message-ID"], "type": m.get_content_type(),
              "names": [k for k in m.keys()],
              "defects": [repr(d) for p in m.walk() for d in p.defects]
                         + [repr(d) for v in m.values() for d in getattr(v, "defects", [])],
              "body": m.get_content(),
              "longest": max(len(l) for l in open(path, "rb").read().split(b"\\r\\n")),
              "ascii": all(b < 128 for b in open(path, "rb").read())}))
      """;

  record Parsed(
      String subject,
      String from,
      String to,
      String messageId,
      List<String> names,
      List<String> defects,
      String body,
      int longestLine,
      boolean ascii) {}

  private PythonMail() {}

  static List<Parsed> parse(Path folder, List<byte[]> mails) throws Exception {
    requirePython();
    List<String> command = new ArrayList<>(List.of("python3", "-c", SCRIPT));
    for (int i = 0; i < mails.size(); i++) {
      Path file = folder.resolve(i + ".eml");
      Files.write(file, mails.get(i));
      command.add(file.toString());
    }
    Process python =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    String out = new String(python.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(python.waitFor()).isZero();
    ObjectMapper json = new ObjectMapper();
    List<Parsed> parsed = new ArrayList<>();
    for (String line : out.lines().toList()) {
      JsonNode node = json.readTree(line);
      parsed.add(
          new Parsed(
              node.path("subject").asText(),
              node.path("from").asText(),
              node.path("to").asText(),
              node.path("messageId").asText(),
              texts(node.path("names")),
              texts(node.path("defects")),
              node.path("body").asText(),
              node.path("longest").asInt(),
              node.path("ascii").asBoolean()));
    }
    return parsed;
  }

  private static List<String> texts(JsonNode array) {
    List<String> texts = new ArrayList<>();
    array.forEach(element -> texts.add(element.asText()));
    return texts;
  }

  /// Without Python these tests are skipped, except on CI.
  private static void requirePython() throws InterruptedException {
    boolean there;
    try {
      there = new ProcessBuilder("python3", "-c", "import email").start().waitFor() == 0;
    } catch (IOException e) {
      there = false;
    }
    if (!there && "true".equals(System.getenv("CI"))) {
      fail("CI needs python3 to read mail with");
    }
    assumeTrue(there, "python3 is not here to read the mail");
  }
}
