package io.carillon.conventions;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.aws.Specs;
import java.lang.classfile.ClassModel;
import java.lang.classfile.constantpool.PoolEntry;
import java.lang.classfile.constantpool.StringEntry;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/// What differs by service is in its [io.carillon.aws.ServiceSpec] and in the objects it brings, so
/// shared code does not ask for a service by its name.
class ServiceNamesTest {
  private static final List<String> SHARED =
      List.of("admin", "aws", "iam", "kernel", "outbox", "messaging", "policy", "server", "trace");

  /// A service's name as a whole word.
  private static final Pattern NAME =
      Pattern.compile("(?i)(?<![a-z0-9-])(" + String.join("|", Specs.names()) + ")(?![a-z0-9_-])");

  /// Each with the words it may have, and why.
  private static final Map<String, Set<String>> JUSTIFIED =
      Map.of(
          // The grammar of principals: ARNs of IAM's identities and of STS's sessions.
          "aws.Principal$AssumedRole", Set.of("sts"),
          "policy.KnownPrincipals", Set.of("sts"),
          "policy.PrincipalParser", Set.of("iam", "sts"),
          // The grammar of trust policies: their actions are STS's.
          "policy.PolicyDocument", Set.of("sts"),
          "policy.PolicyParser", Set.of("sts"),
          "iam.ResourceSides", Set.of("sts"),
          // Defaults of settings: host names for people.
          "server.Settings", Set.of("s3", "sns"));

  @Test
  void sharedCodeAsksForNoServiceByItsName() throws Exception {
    Map<String, Set<String>> found = new TreeMap<>();
    for (ClassModel model : ServerClasses.all()) {
      String type = model.thisClass().asInternalName().substring("io/carillon/".length());
      String folder = type.substring(0, Math.max(0, type.indexOf('/')));
      if (SHARED.contains(folder)) {
        Set<String> names = namesIn(model);
        names.remove(folder); // IAM is a service too
        if (!names.isEmpty()) {
          found.put(type.replace('/', '.'), names);
        }
      }
    }
    assertThat(found)
        .as("declare in the service's ServiceSpec what differs by service")
        .isEqualTo(JUSTIFIED);
  }

  /// Constants with spaces are sentences for people and may name services.
  private static Set<String> namesIn(ClassModel model) {
    Set<String> names = new TreeSet<>();
    for (PoolEntry entry : model.constantPool()) {
      if (entry instanceof StringEntry text && text.stringValue().indexOf(' ') < 0) {
        NAME.matcher(text.stringValue())
            .results()
            .forEach(name -> names.add(name.group(1).toLowerCase(Locale.ROOT)));
      }
    }
    return names;
  }
}
