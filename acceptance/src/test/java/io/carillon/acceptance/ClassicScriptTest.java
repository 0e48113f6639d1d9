package io.carillon.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `examples/shell/pipeline.sh` unchanged, with the AWS CLI: provision, confirm by mail, upload,
/// read the mail. Source of the expectation: the same script on AWS.
class ClassicScriptTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path folder;

  @Test
  void anUploadEndsInAnEmail() throws Exception {
    Requirements.program("aws", "--version");
    Requirements.program("python3", "-c", "import boto3");
    try (Carillon server = Carillon.start(folder)) {
      String script = Carillon.ROOT.resolve("examples/shell/pipeline.sh").toString();
      FinishedProcess provisioned =
          FinishedProcess.of(
                  List.of(script, "reader@example.com", "classic"), server.environment(), folder)
              .expectSuccess();
      assertThat(provisioned.output()).contains("account 000000000000");
      await().atMost(Duration.ofSeconds(30)).until(() -> subjects(server).size() == 1);
      assertThat(subjects(server)).first().asString().contains("Subscription Confirmation");

      assertThat(server.cli("mail", "confirm").expectSuccess().output())
          .contains("reader@example.com");
      FinishedProcess.of(
              List.of(
                  "bash", "-c", "echo again | aws s3 cp - 's3://uploads-classic/a b/again+ü.txt'"),
              server.environment(),
              folder)
          .expectSuccess();

      await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> subjects(server).contains("New file in uploads-classic"));
      JsonNode mails = JSON.readTree(server.cli("mail", "--json").expectSuccess().output());
      assertThat(mails.toString())
          .contains("a b/again+ü.txt (6 bytes) was uploaded to uploads-classic.");

      FinishedProcess.of(List.of(script, "--delete", "classic"), server.environment(), folder)
          .expectSuccess();
      for (String list :
          List.of(
              "s3api list-buckets --query Buckets",
              "lambda list-functions --query Functions",
              "sns list-topics --query Topics",
              "iam list-roles --query Roles")) {
        FinishedProcess left =
            FinishedProcess.of(
                List.of("bash", "-c", "aws " + list + " --output json"),
                server.environment(),
                folder);
        assertThat(JSON.readTree(left.expectSuccess().output())).as(list).isEmpty();
      }
    }
  }

  private static List<String> subjects(Carillon server) throws Exception {
    List<String> subjects = new ArrayList<>();
    JSON.readTree(server.cli("mail", "--json").expectSuccess().output())
        .forEach(mail -> subjects.add(mail.path("subject").asText()));
    return subjects;
  }
}
