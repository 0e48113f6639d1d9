package io.carillon.conventions;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.classfile.ClassModel;
import java.lang.classfile.constantpool.MemberRefEntry;
import java.lang.classfile.constantpool.PoolEntry;
import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// No notes to oneself, no uncalled code, no documents that name removed code.
class TidyTest {
  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
  private static final Pattern TYPE = Pattern.compile("\\b(?:class|record|interface|enum) (\\w+)");
  private static final Pattern CALL = Pattern.compile("\\b(\\w+)\\s*\\(");
  private static final Pattern QUOTED = Pattern.compile("`([^`\\n]+)`");
  private static final Pattern NAME =
      Pattern.compile("(?:[a-z]\\w*\\.)*([A-Z]\\w*[a-z]\\w*)(?:\\.([a-z]\\w*))?");
  private static final Pattern METHOD = Pattern.compile("[….]([a-z]\\w+)");
  private static final Pattern NOTE = Pattern.compile("\\b(TODO|FIXME|XXX|HACK)\\b");

  /// Historical documents may name removed code.
  private static final Set<String> HISTORY = Set.of("CHANGELOG.md", "adr");

  /// Members that only tests use.
  private static final Set<String> FOR_TESTS =
      Set.of(
          "server.Settings$Setting.environmentName",
          "aws.Operations.all",
          "aws.sigv4.Signer.presign",
          "aws.sigv4.Verified$Signed.presigned",
          "base.MemoryBudget.heldBytes",
          "http.HttpEngine.requests",
          "lambda.runtime.ProcessExecutor.usage",
          "outbox.Dispatcher$Settings.withBounds",
          "outbox.Dispatcher.isStopped",
          "outbox.Dispatcher$Settings.withGrace",
          "outbox.OutboxReport.lanesInMemory",
          "outbox.OutboxReport.slotsTaken",
          "outbox.Dispatcher.wake",
          "outbox.DeadLetters.get",
          "outbox.DeadLetters.redrive",
          "policy.Context.of",
          "policy.Policies.ofIdentity",
          "policy.Policies.withBoundary",
          "policy.Policies.withSession",
          "s3.event.NotificationRule.matches",
          "sns.PublishedMessages.count",
          "sns.smpp.SmsInbox.await",
          "sns.smpp.SmsReceiver.address",
          "sns.smtp.MailReceiver.address",
          "sns.smtp.Mailbox.await",
          "sns.smtp.Mailbox.get",
          "sqs.QueueMessages.queuesWithWaiters",
          "sqs.QueueMessages.waitingReceivers",
          "store.RowCache.size",
          "store.MemoryBlobs.removeReleased",
          "store.MemoryBlobs.size",
          "store.RocksDatabase$Settings.withClock",
          "store.RocksDatabase.engine",
          "store.RocksDatabase.openWithoutSync");

  /// Constructors with more parameters than this do too much, or lack a type.
  private static final int MAX_CONSTRUCTOR_PARAMETERS = 7;

  @Test
  void noSourceHasANoteToOneself() throws IOException {
    List<String> notes = new ArrayList<>();
    for (Path source : sources(".java", ".py", ".mjs", ".cjs", ".c", ".sh")) {
      if (!source.endsWith("TidyTest.java") && NOTE.matcher(Files.readString(source)).find()) {
        notes.add(ROOT.relativize(source).toString());
      }
    }
    assertThat(notes).isEmpty();
  }

  @Test
  void documentsNameExistingCode() throws IOException {
    Set<String> types = new HashSet<>();
    Set<String> called = new HashSet<>();
    for (Path source : sources(".java")) {
      String text = Files.readString(source);
      TYPE.matcher(text).results().map(found -> found.group(1)).forEach(types::add);
      CALL.matcher(text).results().map(found -> found.group(1)).forEach(called::add);
    }
    Set<String> checks = new HashSet<>();
    for (Path source : sources(".py", ".mjs")) {
      CALL.matcher(Files.readString(source)).results().map(r -> r.group(1)).forEach(checks::add);
    }
    Set<String> missing = new TreeSet<>();
    for (Path document : documents()) {
      String name = document.getFileName().toString();
      for (MatchResult quoted : QUOTED.matcher(Files.readString(document)).results().toList()) {
        String text = quoted.group(1);
        Matcher typeName = NAME.matcher(text);
        Matcher method = METHOD.matcher(text);
        boolean exists;
        if (typeName.matches()) {
          boolean isDeclared = types.contains(typeName.group(1));
          boolean mustBeDeclared =
              typeName.group(2) != null
                  || typeName.group(1).endsWith("Test")
                  || name.equals("ARCHITECTURE.md");
          exists =
              isDeclared
                  ? typeName.group(2) == null || called.contains(typeName.group(2))
                  : !mustBeDeclared;
        } else if (method.matches()) {
          exists = called.contains(method.group(1)) || Files.exists(ROOT.resolve(text));
        } else {
          exists = !text.startsWith("check_") || checks.contains(text);
        }
        if (!exists) {
          missing.add(name + ": " + text);
        }
      }
    }
    assertThat(missing).isEmpty();
  }

  @Test
  void everyMethodIsCalled() throws Exception {
    List<ClassModel> models = ServerClasses.all();
    Map<String, Set<String>> calls = new HashMap<>();
    for (ClassModel model : models) {
      for (PoolEntry entry : model.constantPool()) {
        if (entry instanceof MemberRefEntry call) {
          calls
              .computeIfAbsent(call.name().stringValue(), _ -> new HashSet<>())
              .add(call.owner().asInternalName().replace('/', '.'));
        }
      }
    }
    Set<String> uncalled = new TreeSet<>();
    for (ClassModel model : models) {
      Class<?> type = ServerClasses.load(model.thisClass().asInternalName());
      for (Method method : type.getDeclaredMethods()) {
        if (!isCalledFromElsewhere(type, method) && !isCalled(type, method, calls)) {
          uncalled.add(type.getName().substring("io.carillon.".length()) + "." + method.getName());
        }
      }
    }
    assertThat(uncalled)
        .as("methods that no code of the product calls: delete them, or name them in FOR_TESTS")
        .containsExactlyInAnyOrderElementsOf(FOR_TESTS);
  }

  /// Records are exempt: they are values, whose components are named where they are read.
  @Test
  void noConstructorHasMoreThanSevenParameters() throws Exception {
    Set<String> tooLong = new TreeSet<>();
    for (ClassModel model : ServerClasses.all()) {
      Class<?> type = ServerClasses.load(model.thisClass().asInternalName());
      int implicit = type.isEnum() ? 2 : 0; // the name and ordinal of an enum constant
      for (Constructor<?> constructor : type.getDeclaredConstructors()) {
        if (!type.isRecord()
            && !type.isAnonymousClass()
            && constructor.getParameterCount() - implicit > MAX_CONSTRUCTOR_PARAMETERS) {
          tooLong.add(type.getName().substring("io.carillon.".length()));
        }
      }
    }
    assertThat(tooLong)
        .as("split these classes, or pass a type that groups what belongs together")
        .isEmpty();
  }

  /// Whether it is called from elsewhere: by the compiler, by Jackson as a record component, or by
  /// a library through one of its own types.
  private static boolean isCalledFromElsewhere(Class<?> type, Method method) {
    boolean isComponent =
        type.isRecord()
            && Arrays.stream(type.getRecordComponents())
                .anyMatch(component -> component.getAccessor().equals(method));
    boolean isMain = method.getName().equals("main") && Modifier.isStatic(method.getModifiers());
    boolean ofEnum = type.isEnum() && Set.of("values", "valueOf").contains(method.getName());
    boolean ofLibrary =
        supertypes(type).stream()
            .filter(other -> !other.getName().startsWith("io.carillon."))
            .flatMap(other -> Arrays.stream(other.getDeclaredMethods()))
            .anyMatch(other -> other.getName().equals(method.getName()));
    return method.isSynthetic()
        || Modifier.isPrivate(method.getModifiers())
        || method.getAnnotations().length > 0
        || isComponent
        || isMain
        || ofEnum
        || ofLibrary;
  }

  private static boolean isCalled(Class<?> type, Method method, Map<String, Set<String>> calls) {
    for (String owner : calls.getOrDefault(method.getName(), Set.of())) {
      if (owner.equals(type.getName())) {
        return true;
      }
      if (owner.startsWith("io.carillon.") && !owner.endsWith(";")) {
        Class<?> other = ServerClasses.load(owner);
        if (other.isAssignableFrom(type) || type.isAssignableFrom(other)) {
          return true;
        }
      }
    }
    return false;
  }

  private static Set<Class<?>> supertypes(Class<?> type) {
    Set<Class<?>> found = new LinkedHashSet<>();
    Stream.concat(Stream.ofNullable(type.getSuperclass()), Arrays.stream(type.getInterfaces()))
        .forEach(
            one -> {
              found.add(one);
              found.addAll(supertypes(one));
            });
    return found;
  }

  private static List<Path> documents() throws IOException {
    List<Path> found = new ArrayList<>();
    for (Path folder : List.of(ROOT, ROOT.resolve("docs"))) {
      try (Stream<Path> files = Files.list(folder)) {
        files
            .filter(file -> file.toString().endsWith(".md"))
            .filter(file -> !HISTORY.contains(file.getFileName().toString()))
            .forEach(found::add);
      }
    }
    return found;
  }

  private static List<Path> sources(String... endings) throws IOException {
    List<Path> found = new ArrayList<>();
    for (String module : List.of("server", "examples", "bench", "acceptance")) {
      try (Stream<Path> files = Files.walk(ROOT.resolve(module).resolve("src"))) {
        files
            .filter(file -> !file.toString().contains("node_modules"))
            .filter(file -> Arrays.stream(endings).anyMatch(file.toString()::endsWith))
            .forEach(found::add);
      }
    }
    return found;
  }
}
