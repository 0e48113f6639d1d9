import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// Makes the ahead-of-time caches: starts the packaged server, has the demo of another process use
/// it, and keeps what the server loaded for every later start; then what a client command loaded.
///
/// The demo runs beside the server, not in it: with the demo's AWS clients among what every start
/// takes from the cache, a start took half as long again. A client command needs little of what a
/// server does and much else, so it has a cache of its own.
///
/// Run by the build as `java AheadOfTime.java DIST DATA OPTION...`
final class AheadOfTime {
  private static final String READY = "Carillon is ready at ";

  public static void main(String[] arguments) throws IOException, InterruptedException {
    Path dist = Path.of(arguments[0]);
    String jar = dist.resolve("carillon.jar").toString();
    String data = arguments[1];
    List<String> options = List.of(arguments).subList(2, arguments.length);

    Process server =
        start(
            with("-XX:+UseG1GC", options),
            "-XX:AOTCacheOutput=" + dist.resolve("carillon.aot"),
            jar,
            "start",
            "--port=0",
            "--data=" + data);
    try {
      BufferedReader output = server.inputReader();
      String endpoint = endpoint(output);
      Thread.ofVirtual().start(() -> drain(output));
      run(start(options, "-Xshare:auto", jar, "demo", "--quiet", "--endpoint=" + endpoint));
      run(
          start(
              with("-XX:+UseSerialGC", options),
              "-XX:AOTCacheOutput=" + dist.resolve("client.aot"),
              jar,
              "trace",
              "--endpoint=" + endpoint));
      server.destroy();
      if (!server.waitFor(5, TimeUnit.MINUTES)) {
        throw new IllegalStateException("the server does not end");
      }
    } finally {
      server.destroyForcibly();
    }
  }

  private static List<String> with(String option, List<String> options) {
    List<String> all = new ArrayList<>(options);
    all.add(option);
    return all;
  }

  private static void run(Process command) throws InterruptedException {
    Thread.ofVirtual().start(() -> drain(command.inputReader()));
    if (command.waitFor() != 0) {
      throw new IllegalStateException("a command of the training failed");
    }
  }

  private static Process start(List<String> options, String cache, String jar, String... command)
      throws IOException {
    List<String> line = new ArrayList<>();
    line.add(ProcessHandle.current().info().command().orElseThrow());
    line.add(cache);
    line.addAll(options);
    line.add("-jar");
    line.add(jar);
    line.addAll(List.of(command));
    return new ProcessBuilder(line).redirectError(ProcessBuilder.Redirect.INHERIT).start();
  }

  private static String endpoint(BufferedReader output) throws IOException {
    for (String line = output.readLine(); line != null; line = output.readLine()) {
      if (line.startsWith(READY)) {
        return line.substring(READY.length());
      }
    }
    throw new IllegalStateException("the server does not start");
  }

  /// Reads on, or the server would wait for a reader.
  private static void drain(BufferedReader output) {
    try {
      output.lines().forEach(_ -> {});
    } catch (UncheckedIOException _) {
      // it was ended
    }
  }
}
