package io.carillon.iam;

import io.carillon.base.Lazy;
import io.carillon.base.SpellingSuggestion;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The policies under `arn:aws:iam::aws:policy/`: built-in ones, for Carillon's services and
/// related ones, and those of a folder that the operator configures. A policy of the folder
/// replaces a built-in one with the same ARN.
///
/// A built-in policy is a resource file in the format of [ManagedPolicyFile], with its source and
/// its version at AWS. `index.txt` lists them, so that the start reads none: each is loaded on
/// first use.
///
/// Source: https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html
final class AwsManagedPolicies {
  private static final Logger LOG = LoggerFactory.getLogger(AwsManagedPolicies.class);

  private static final String RESOURCES = "aws-managed-policies/";
  private static final String INDEX = RESOURCES + "index.txt";
  private static final Pattern ARN =
      Pattern.compile("arn:aws:iam::aws:policy(/(?:[\\w+=,.@-]{1,128}/){0,8})([\\w+=,.@-]{1,128})");

  /// How many unknown ARNs are logged: callers choose them, and the log must be bounded.
  private static final int MAX_LOGGED = 1_000;

  private final String folder;
  private final String restartAdvice;
  private final Map<String, ManagedPolicy> ofFolder = new TreeMap<>();
  private final Lazy<Map<String, Lazy<ManagedPolicy>>> builtIn =
      new Lazy<>(AwsManagedPolicies::index);
  private final Set<String> logged = ConcurrentHashMap.newKeySet();

  /// @param added policies of the operator's folder
  /// @throws UnusableManagedPolicyException with the file and what to do
  AwsManagedPolicies(ManagedPolicyFiles added) {
    this.folder = added.folder().map(Path::toString).orElse("DIR");
    this.restartAdvice =
        added.folder().isPresent() ? "start again" : "start with --managed-policies DIR";
    added.files().stream()
        .map(ManagedPolicyFile::checked)
        .forEach(policy -> ofFolder.put(policy.arn(), policy));
    added
        .folder()
        .ifPresent(from -> LOG.info("Managed policies from {}: {}", from, ofFolder.size()));
    if (!ofFolder.isEmpty()) {
      checkNames();
    }
  }

  /// A policy by its ARN. Logs once for each missing one how to add it.
  Optional<ManagedPolicy> find(String arn) {
    ManagedPolicy added = ofFolder.get(arn);
    if (added != null) {
      return Optional.of(added);
    }
    Lazy<ManagedPolicy> known = builtIn.get().get(arn);
    if (known == null) {
      logMissing(arn);
      return Optional.empty();
    }
    return Optional.of(known.get());
  }

  /// All policies, sorted by ARN.
  List<ManagedPolicy> all() {
    Map<String, ManagedPolicy> all = new TreeMap<>();
    builtIn.get().forEach((arn, policy) -> all.put(arn, policy.get()));
    all.putAll(ofFolder);
    return List.copyOf(all.values());
  }

  /// On AWS a name is unique whatever the path: a policy in the wrong folder would never be found
  /// by its ARN.
  private void checkNames() {
    Map<String, String> arns = new HashMap<>();
    builtIn.get().keySet().forEach(arn -> arns.put(foldedName(arn), arn));
    for (ManagedPolicy policy : ofFolder.values()) {
      String existing = arns.putIfAbsent(foldedName(policy.arn()), policy.arn());
      if (existing == null) {
        continue;
      }
      boolean isBuiltIn = builtIn.get().containsKey(existing);
      if (!existing.equals(policy.arn())) {
        throw new UnusableManagedPolicyException(
            "The managed policy file "
                + file(policy.path(), policy.name())
                + " has the name of "
                + existing
                + (isBuiltIn ? ", which is built in" : ", which exists too")
                + ". Remove or rename one of them"
                + (isBuiltIn ? "; to replace the built-in one, name it " + file(existing) : "")
                + ".");
      }
      LOG.info(
          "{} ({}) replaces the built-in policy ({})",
          file(policy.path(), policy.name()),
          policy.defaultVersion(),
          Objects.requireNonNull(builtIn.get().get(existing)).get().defaultVersion());
    }
  }

  private void logMissing(String arn) {
    Matcher parts = ARN.matcher(arn);
    if (!parts.matches() || logged.size() >= MAX_LOGGED || !logged.add(arn)) {
      return; // no ARN that AWS could have
    }
    LOG.warn(
        "There is no managed policy {} here.{} If AWS has it, add it with `aws iam"
            + " get-policy-version --policy-arn {} --version-id $(aws iam get-policy --policy-arn"
            + " {} --query Policy.DefaultVersionId --output text) > {}` and {}",
        arn,
        suggestion(parts.group(2)).map(known -> " Did you mean " + known + "?").orElse(""),
        arn,
        arn,
        file(parts.group(1), parts.group(2)),
        restartAdvice);
  }

  /// The ARN of a policy with this or a similar name, perhaps with another path.
  private Optional<String> suggestion(String name) {
    Map<String, String> byName = new HashMap<>();
    Collection<String> arns = builtIn.get().keySet();
    arns.forEach(arn -> byName.put(name(arn), arn));
    ofFolder.values().forEach(policy -> byName.put(policy.name(), policy.arn()));
    return Optional.ofNullable(byName.get(name))
        .or(() -> SpellingSuggestion.nearest(name, byName.keySet()).map(byName::get));
  }

  private String file(String arn) {
    String path = arn.substring(arn.indexOf('/'), arn.lastIndexOf('/') + 1);
    return file(path, name(arn));
  }

  private String file(String path, String name) {
    return folder + path + name + ".json";
  }

  private static String name(String arn) {
    return arn.substring(arn.lastIndexOf('/') + 1);
  }

  private static String foldedName(String arn) {
    return name(arn).toLowerCase(Locale.ROOT);
  }

  private static Map<String, Lazy<ManagedPolicy>> index() {
    Map<String, Lazy<ManagedPolicy>> policies = new TreeMap<>();
    resource(INDEX)
        .lines()
        .forEach(
            line -> {
              int slash = line.lastIndexOf('/');
              String path = "/" + line.substring(0, slash + 1);
              String name = line.substring(slash + 1);
              policies.put(
                  ManagedPolicyFile.arn(path, name),
                  new Lazy<>(
                      () ->
                          new ManagedPolicyFile(
                                  line,
                                  path,
                                  name,
                                  Instant.EPOCH,
                                  resource(RESOURCES + line + ".json"))
                              .read()));
            });
    return policies;
  }

  private static String resource(String name) {
    try (InputStream in = AwsManagedPolicies.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException(name + " is missing from the class path");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
