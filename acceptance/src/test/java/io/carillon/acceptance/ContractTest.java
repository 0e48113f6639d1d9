package io.carillon.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.sns.SnsClient;
import software.amazon.awssdk.services.sts.StsClient;

/// The interface that scripts rely on: the flags of `start`, the health check, draining on TERM,
/// the JSON that the client commands print, settings by flag, environment and file.
class ContractTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path folder;

  private static int freePort() throws Exception {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  @Test
  void serversStartServeAndStopOnTerm() throws Exception {
    int port = freePort();
    try (Carillon server =
        Carillon.start(folder, "--port", "" + port, "--account-id", "111122223333")) {
      assertThat(server.endpoint()).hasPort(port);
      assertThat(server.get("/_carillon/health").statusCode()).isEqualTo(200);
      try (StsClient sts = Clients.root(server).sts();
          S3Client s3 = Clients.root(server).s3()) {
        assertThat(sts.getCallerIdentity().account()).isEqualTo("111122223333");
        s3.createBucket(r -> r.bucket("kept"));
        s3.putObject(r -> r.bucket("kept").key("k"), RequestBody.fromString("v"));
      }
      assertThat(server.stop()).isIn(0, 143); // 143: a shell's exit code after TERM
    }
    try (Carillon again = Carillon.start(folder, "--account-id", "111122223333");
        S3Client s3 = Clients.root(again).s3()) {
      assertThat(s3.getObjectAsBytes(r -> r.bucket("kept").key("k")).asUtf8String()).isEqualTo("v");
    }
  }

  @Test
  void mailAndSmsArePrintedAsJsonAndSurviveRestarts() throws Exception {
    try (Carillon server = Carillon.start(folder);
        SnsClient sns = Clients.root(server).sns()) {
      String topic = sns.createTopic(r -> r.name("news")).topicArn();
      sns.subscribe(r -> r.topicArn(topic).protocol("email").endpoint("reader@example.com"));
      sns.subscribe(r -> r.topicArn(topic).protocol("sms").endpoint("+15555550123"));
      await().until(() -> json(server, "mail", "--json").size() == 1);
      server.cli("mail", "confirm").expectSuccess();
      sns.publish(r -> r.topicArn(topic).subject("Good news").message("It works."));
      await().until(() -> json(server, "mail", "--json").size() == 2);
      await().until(() -> json(server, "sms", "--json").size() == 1);
    }
    try (Carillon server = Carillon.start(folder)) {
      JsonNode mail = json(server, "mail", "--json").get(1);
      assertThat(mail.path("subject").asText()).isEqualTo("Good news");
      assertThat(mail.path("to").toString()).isEqualTo("[\"reader@example.com\"]");
      assertThat(mail.path("text").asText()).startsWith("It works.");
      JsonNode text = json(server, "sms", "--json").get(0);
      assertThat(text.path("to").asText()).isEqualTo("+15555550123");
      assertThat(text.path("text").asText()).contains("It works.");
    }
  }

  private static JsonNode json(Carillon server, String... command) throws Exception {
    return JSON.readTree(server.cli(command).expectSuccess().output());
  }

  @Test
  void newAccountsRootKeysArePrintedAndWork() throws Exception {
    try (Carillon server = Carillon.start(folder)) {
      String printed = server.cli("account", "create", "second").expectSuccess().output();
      Carillon.Account third = server.account("third");
      assertThat(printed)
          .containsPattern("\\b[0-9]{12}\\b")
          .containsPattern("\\bAKIA[A-Z0-9]{16}\\b");
      try (StsClient sts = Clients.as(server, third.accessKeyId(), third.secretAccessKey()).sts()) {
        assertThat(sts.getCallerIdentity().arn()).isEqualTo("arn:aws:iam::" + third.id() + ":root");
      }
      FinishedProcess again = server.cli("account", "create", "second");
      assertThat(again.exit()).isNotZero();
      assertThat(again.output()).contains("second");
    }
  }

  @Test
  void flagsWinOverTheEnvironmentAndTheEnvironmentOverTheFile() throws Exception {
    Path file = folder.resolve("settings.yaml");
    Files.writeString(file, "account-id: \"333333333333\"\naccess-key-id: fromfile\n");
    try (Carillon server =
        Carillon.start(
            folder,
            Map.of("CARILLON_ACCOUNT_ID", "222222222222", "CARILLON_ACCESS_KEY_ID", "fromenv"),
            "--config",
            file.toString(),
            "--account-id",
            "111111111111")) {
      try (StsClient sts = Clients.as(server, "fromenv", "test").sts()) {
        assertThat(sts.getCallerIdentity().account()).isEqualTo("111111111111");
      }
    }
    Files.writeString(file, "prot: 1\n");
    FinishedProcess refused =
        FinishedProcess.of(
            java.util.List.of(
                Carillon.ROOT.resolve("carillon").toString(), "start", "--config", file.toString()),
            Map.of(),
            folder);
    assertThat(refused.exit()).isEqualTo(1);
    assertThat(refused.output()).contains("prot").contains("Did you mean port?");
  }
}
