import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// Makes the ahead-of-time cache: starts the packaged server, has the demo of another process use
/// it, and keeps what the server loaded for every later start.
///
/// The demo runs beside the server, not in it: with the demo's AWS clients among what every start
/// takes from the cache, a start took half as long again.
///
/// Run by the build as `java AheadOfTime.java CACHE JAR DATA OPTION...`
final class AheadOfTime {
  private static final String READY = "Carillon is ready at ";

  public static void main(String[] arguments) throws IOException, InterruptedException {
    Path cache = Path.of(arguments[0]);
    String jar = arguments[1];
    String data = arguments[2];
    List<String> options = List.of(arguments).subList(3, arguments.length);

    Process server =
        start(options, "-XX:AOTCacheOutput=" + cache, jar, "start", "--port=0", "--data=" + data);
    try {
      BufferedReader output = server.inputReader();
      String endpoint = endpoint(output);
      Thread.ofVirtual().start(() -> drain(output));
      Process demo =
          start(options, "-Xshare:auto", jar, "demo", "--quiet", "--endpoint=" + endpoint);
      if (demo.waitFor() != 0) {
        throw new IllegalStateException("the demo failed");
      }
      server.destroy();
      if (!server.waitFor(5, TimeUnit.MINUTES)) {
        throw new IllegalStateException("the server does not end");
      }
    } finally {
      server.destroyForcibly();
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
