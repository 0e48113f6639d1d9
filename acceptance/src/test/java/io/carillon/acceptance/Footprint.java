package io.carillon.acceptance;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// The resources of the machine that a server uses.
///
/// @param controlGroups its own, nested ones included
/// @param heapBytes in use after a garbage collection
record Footprint(
    long controlGroups, long openFiles, long threads, long heapBytes, long residentBytes) {
  private static final Path GROUPS = Path.of("/sys/fs/cgroup");
  private static final Pattern HEAP_USED = Pattern.compile("heap\\s+total .*?used (\\d+)K");

  static Footprint of(long pid) throws IOException {
    Path process = Path.of("/proc/" + pid);
    jcmd(pid, "GC.run");
    return new Footprint(
        controlGroups(pid),
        count(process.resolve("fd")),
        count(process.resolve("task")),
        heap(pid),
        resident(process));
  }

  static long processesBelow(long pid) {
    return ProcessHandle.of(pid).map(ProcessHandle::descendants).orElse(Stream.empty()).count();
  }

  private static long controlGroups(long pid) throws IOException {
    if (!Files.isDirectory(GROUPS)) {
      return 0;
    }
    try (Stream<Path> all =
        Files.find(
            GROUPS,
            6,
            (path, about) ->
                about.isDirectory() && path.toString().contains("carillon-" + pid + "-"))) {
      return all.count();
    }
  }

  private static long count(Path folder) throws IOException {
    try (Stream<Path> all = Files.list(folder)) {
      return all.count();
    }
  }

  private static long heap(long pid) throws IOException {
    String info = jcmd(pid, "GC.heap_info");
    Matcher used = HEAP_USED.matcher(info);
    if (!used.find()) {
      throw new IOException("jcmd says nothing of the heap: " + info);
    }
    return Long.parseLong(used.group(1)) << 10;
  }

  private static long resident(Path process) throws IOException {
    for (String line : Files.readAllLines(process.resolve("status"))) {
      if (line.startsWith("VmRSS:")) {
        return Long.parseLong(line.replaceAll("[^0-9]", "")) << 10;
      }
    }
    throw new IOException("no VmRSS");
  }

  private static String jcmd(long pid, String command) throws IOException {
    String program = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
    return FinishedProcess.of(List.of(program, Long.toString(pid), command), Map.of(), Path.of("."))
        .expectSuccess()
        .output();
  }
}
