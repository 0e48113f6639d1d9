package io.carillon.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.carillon.http.Handler;
import io.carillon.http.HttpEngine;
import io.carillon.http.Limits;
import io.carillon.http.Request;
import io.carillon.http.Response;
import io.carillon.server.Config;
import io.carillon.server.Server;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;

/// One run of the demo.
final class Demo {
  private static final Duration TIMEOUT = Duration.ofSeconds(60);

  private final Config config;
  private final boolean exit;
  private final PrintStream out;

  Demo(Config config, boolean exit, PrintStream out) {
    this.config = config;
    this.exit = exit;
    this.out = out;
  }

  /// Runs the demo on a server of its own.
  boolean run() throws IOException, InterruptedException {
    Server server = Startup.start(config);
    Thread hook = new Thread(server::close, "drain");
    Runtime.getRuntime().addShutdownHook(hook);
    boolean complete;
    try {
      out.print(Banner.of(server, config));
      complete = runOn(server.endpoint());
      if (!exit) {
        out.println(
            "\nThe server goes on running; upload more to s3://"
                + DemoPipeline.BUCKET
                + ". Ctrl-C stops it.");
        Thread.currentThread().join();
      }
    } finally {
      if (exit) {
        Runtime.getRuntime().removeShutdownHook(hook);
        server.close();
      }
    }
    return complete;
  }

  /// Runs the demo on a running server, with the same account and root key.
  boolean runOn(URI server) throws IOException, InterruptedException {
    Endpoint endpoint = new Endpoint(server, config.accessKeyId(), config.secretAccessKey());
    HttpSubscriber subscriber = new HttpSubscriber();
    out.println("\nProvisioning through the AWS API:");
    try (HttpEngine receiver =
            HttpEngine.start(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                Limits.standard(),
                subscriber);
        DemoPipeline pipeline =
            new DemoPipeline(server, config, line -> out.println("  " + line))) {
      pipeline.provision(functionZip(), receiver.port());
      // Mails arrive one by one, so links are followed until no subscription is pending.
      await(
          "the confirmation of the subscriptions",
          () -> {
            endpoint.call("POST", "mail/confirm", Map.of());
            return pipeline.allConfirmed();
          });
      out.println("  confirmed the e-mail subscription by the link in its mail");

      int mailsBefore = endpoint.get("mail", Map.of()).size();
      int messagesBefore = endpoint.get("sms", Map.of()).size();
      int postsBefore = subscriber.notifications().size();
      String key = "hello-" + Instant.now().toEpochMilli() + ".txt";
      out.println("\nUploading s3://" + DemoPipeline.BUCKET + "/" + key + ":");
      pipeline.upload(key);
      follow(endpoint, key);

      return report(endpoint, subscriber, mailsBefore, messagesBefore, postsBefore);
    }
  }

  /// Prints the steps of the upload's event as they are recorded, until all three deliveries have
  /// been made.
  private void follow(Endpoint endpoint, String key) throws InterruptedException {
    Instant deadline = Instant.now().plus(TIMEOUT);
    int shown = 0;
    int delivered = 0;
    Instant first = null;
    while (delivered < 3 && Instant.now().isBefore(deadline)) {
      JsonNode lives = endpoint.get("trace", Map.of("bucket", DemoPipeline.BUCKET, "key", key));
      JsonNode steps = lives.path(0).path("steps");
      for (; shown < steps.size(); shown++) {
        JsonNode step = steps.get(shown);
        Instant at = Instant.parse(step.path("time").asText());
        first = first == null ? at : first;
        out.println("  " + TraceLines.line(Duration.between(first, at), step));
        delivered += step.path("step").asText().equals("DELIVERED") ? 1 : 0;
      }
      Thread.sleep(20);
    }
  }

  private boolean report(
      Endpoint endpoint,
      HttpSubscriber subscriber,
      int mailsBefore,
      int messagesBefore,
      int postsBefore)
      throws InterruptedException {
    boolean mail = await("the e-mail", () -> endpoint.get("mail", Map.of()).size() > mailsBefore);
    boolean sms = await("the SMS", () -> endpoint.get("sms", Map.of()).size() > messagesBefore);
    boolean post = await("the HTTP POST", () -> subscriber.notifications().size() > postsBefore);
    if (mail) {
      JsonNode mails = endpoint.get("mail", Map.of());
      JsonNode last = mails.get(mails.size() - 1);
      out.println(
          "\nE-mail to "
              + JsonText.joined(last.path("to"))
              + ", subject \""
              + last.path("subject").asText()
              + "\":");
      out.print(last.path("text").asText().stripTrailing().indent(4));
    }
    if (sms) {
      JsonNode messages = endpoint.get("sms", Map.of());
      JsonNode last = messages.get(messages.size() - 1);
      out.println("\nSMS to " + last.path("to").asText() + ":");
      out.print(last.path("text").asText().indent(4));
    }
    if (post) {
      out.println("\nHTTP POST, signed:");
      out.print(subscriber.notifications().getLast().toPrettyString().indent(4));
    }
    return mail && sms && post;
  }

  private static boolean await(String what, Supplier<Boolean> condition)
      throws InterruptedException {
    Instant deadline = Instant.now().plus(TIMEOUT);
    while (!condition.get()) {
      if (Instant.now().isAfter(deadline)) {
        System.err.println(
            "carillon: "
                + what
                + " has not come within "
                + TIMEOUT.toSeconds()
                + " s. ./carillon trace and ./carillon dead-letters tell more.");
        return false;
      }
      Thread.sleep(20);
    }
    return true;
  }

  private static byte[] functionZip() throws IOException {
    String folder = System.getProperty("carillon.examples", "examples/target");
    Path zip = Path.of(folder, "upload-notifier.zip");
    if (!Files.exists(zip)) {
      throw new CommandFailure(
          "the example function is missing at "
              + zip
              + "; build it with: mvn -pl examples package");
    }
    return Files.readAllBytes(zip);
  }

  /// The demo's HTTP subscriber: confirms its subscription and collects the notifications.
  private static final class HttpSubscriber implements Handler {
    private final List<JsonNode> notifications = new CopyOnWriteArrayList<>();

    List<JsonNode> notifications() {
      return notifications;
    }

    @Override
    public Response handle(Request request) throws Exception {
      JsonNode message = new ObjectMapper().readTree(request.body().readAll(1 << 20));
      switch (message.path("Type").asText()) {
        case "SubscriptionConfirmation" -> {
          try (InputStream answer =
              URI.create(message.path("SubscribeURL").asText()).toURL().openStream()) {
            answer.readAllBytes();
          }
        }
        case "Notification" -> notifications.add(message);
        default -> {} // an UnsubscribeConfirmation needs no answer
      }
      return Response.of(200);
    }
  }
}
