package io.carillon.server;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.carillon.base.SpellingSuggestion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/// Every setting, and the sources of its value: a flag (`--port 80`), else the environment
/// (`CARILLON_PORT=80`), else a file of `port: 80` lines, else the default. Unknown names are
/// refused in every source: a mistyped setting must not be ignored.
public final class Settings {

  /// One setting.
  ///
  /// @param name as in flags and files; the environment variable is `CARILLON_` and capitals
  /// @param fallback empty where the setting is off by default
  /// @param description what it does, with its unit
  public record Setting(String name, String fallback, String description) {
    public String environmentName() {
      return "CARILLON_" + name.toUpperCase(Locale.ROOT).replace('-', '_');
    }
  }

  /// A setting is invalid. The message names it and says what would be valid.
  public static final class SettingException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public SettingException(String message) {
      super(message);
    }
  }

  public static final List<Setting> ALL =
      List.of(
          new Setting("port", "4566", "TCP port of the AWS endpoint; 0 picks a free one"),
          new Setting(
              "host",
              "127.0.0.1",
              "address to listen on; beyond loopback only with root credentials of your own and a"
                  + " sandbox"),
          new Setting(
              "https-port",
              "",
              "TCP port of the same endpoint over TLS, with a certificate by this installation's"
                  + " authority, which clients trust by DATA/keys/tls-authority.crt; 0 picks a"
                  + " free one; by default there is none"),
          new Setting("data", "./data", "folder that holds everything: database, blobs, keys"),
          new Setting(
              "new-bucket-defaults",
              "aws",
              "how new buckets begin: aws (all public access blocked, as on AWS since April 2023),"
                  + " legacy (nothing blocked)"),
          new Setting(
              "in-memory", "false", "keep everything in memory; nothing survives the process"),
          new Setting("account-id", "000000000000", "the first account's id, twelve digits"),
          new Setting("access-key-id", "test", "access key id of the first account's root user"),
          new Setting(
              "secret-access-key", "test", "secret access key of the first account's root user"),
          new Setting(
              "managed-policies",
              "",
              "folder of AWS managed policies beyond those built in: NAME.json is policy/NAME,"
                  + " service-role/NAME.json is policy/service-role/NAME; each file holds what"
                  + " `aws iam get-policy-version` prints, or a bare policy document"),
          new Setting(
              "public-url",
              "",
              "how clients, functions and mail readers reach this server; by default"
                  + " http://127.0.0.1:PORT"),
          new Setting(
              "base-hosts",
              "localhost,s3.localhost",
              "comma-separated hosts under which buckets answer as BUCKET.HOST"),
          new Setting(
              "allowed-hosts",
              "",
              "comma-separated further names under which clients that sign with test/test may"
                  + " address this server; localhost, IP addresses, the base-hosts, the public-url"
                  + " and names of AWS always may be used"),
          new Setting(
              "allowed-origins",
              "",
              "comma-separated origins of web pages that may use test/test, such as"
                  + " http://app.example:3000; pages of loopback may store and read objects"
                  + " anyway"),
          new Setting(
              "isolate-objects",
              "true",
              "with test/test, an object that a browser opens as a page is kept apart from this"
                  + " server's own origin (Content-Security-Policy: sandbox)"),
          new Setting(
              "retry-time-scale",
              "1",
              "factor on every waiting time that AWS fixes (retries, back-off): 0.01 makes a minute"
                  + " 0.6 s; for tests"),
          new Setting("max-connections", "4096", "open client connections at a time"),
          new Setting(
              "sandbox",
              "auto",
              "function sandbox: auto (bubblewrap where it is installed; if it fails, functions do"
                  + " not run), required, off"),
          new Setting(
              "function-memory-mb",
              "3072",
              "memory that all running functions together may use, in MB: their configured sizes"
                  + " and what they keep in /tmp"),
          new Setting(
              "function-idle-seconds",
              "600",
              "an execution environment unused for this long is ended"),
          new Setting(
              "deprecated-runtimes",
              "run",
              "functions whose runtime AWS has ended, by AWS's dates: run (on the interpreter that"
                  + " is here, with a warning in the function's log), refuse (as AWS refuses to"
                  + " create or change them)"),
          new Setting(
              "smtp-host",
              "",
              "relay for e-mail; by default the built-in receiver, read with ./carillon mail"),
          new Setting("smtp-port", "25", "the relay's port"),
          new Setting("smtp-user", "", "user at the relay, if it asks for one"),
          new Setting("smtp-password", "", "password at the relay"),
          new Setting("smtp-starttls", "false", "insist on STARTTLS with the relay"),
          new Setting("smtp-from", "no-reply@sns.carillon.localhost", "sender address of e-mail"),
          new Setting(
              "sns-certificate-host",
              "",
              "host of the signing certificate's URL in messages, with a port where it is not 443,"
                  + " as SDK validators expect it: sns.{region}.amazonaws.com; make that name"
                  + " resolve to the https-port; by default the public-url"),
          new Setting(
              "sns-endpoints",
              "auto",
              "allowed addresses of HTTP(S) subscriptions, cloud metadata services always excepted:"
                  + " auto (anywhere; once the server listens beyond loopback, not to loopback),"
                  + " all, internet (no private networks)"),
          new Setting(
              "mail-port", "0", "loopback port of the built-in mail receiver; 0 picks a free one"),
          new Setting(
              "smpp-host",
              "",
              "SMS centre (SMPP 3.4); by default the built-in receiver, read with ./carillon sms"),
          new Setting("smpp-port", "2775", "the SMS centre's port"),
          new Setting("smpp-system-id", "carillon", "system id at the SMS centre"),
          new Setting("smpp-password", "", "password at the SMS centre"),
          new Setting(
              "sms-port", "0", "loopback port of the built-in SMS receiver; 0 picks a free one"),
          new Setting(
              "drain-seconds", "20", "how long a stop waits for running requests and deliveries"));

  private Settings() {}

  /// Merges the sources into a value for every setting.
  ///
  /// @param flags the flags of the command line, by setting name
  /// @param environment the process's environment
  /// @param file the settings file; where empty, `carillon.yaml` in the current folder if it exists
  public static Map<String, String> resolve(
      Map<String, String> flags, Map<String, String> environment, Optional<Path> file) {
    Map<String, String> values = new LinkedHashMap<>();
    ALL.forEach(setting -> values.put(setting.name(), setting.fallback()));
    values.putAll(fromFile(file));
    values.putAll(fromEnvironment(environment));
    flags.forEach((name, value) -> values.put(requireKnown(name, "The flag --" + name), value));
    return values;
  }

  private static Map<String, String> fromEnvironment(Map<String, String> environment) {
    Map<String, String> found = new LinkedHashMap<>();
    for (Map.Entry<String, String> variable : environment.entrySet()) {
      String name = variable.getKey();
      if (name.startsWith("CARILLON_") && !LAUNCHER_VARIABLES.contains(name)) {
        String setting =
            name.substring("CARILLON_".length()).toLowerCase(Locale.ROOT).replace('_', '-');
        found.put(requireKnown(setting, "The environment variable " + name), variable.getValue());
      }
    }
    return found;
  }

  /// Variables that the launcher and the client commands read, not the server.
  private static final List<String> LAUNCHER_VARIABLES =
      List.of("CARILLON_JAVA_OPTIONS", "CARILLON_ENDPOINT", "CARILLON_CONFIG");

  private static Map<String, String> fromFile(Optional<Path> named) {
    Path file = named.orElse(Path.of("carillon.yaml"));
    if (!Files.exists(file)) {
      if (named.isPresent()) {
        throw new SettingException("The settings file " + file + " does not exist.");
      }
      return Map.of();
    }
    Map<String, Object> content;
    try {
      content =
          new YAMLMapper(
                  YAMLFactory.builder()
                      .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                      .build())
              .readValue(Files.readString(file), new TypeReference<Map<String, Object>>() {});
    } catch (JsonProcessingException e) {
      JsonLocation at = e.getLocation();
      throw new SettingException(
          "The settings file "
              + file
              + " is not YAML of `name: value` lines, each name once"
              + (at == null ? "." : ": look at line " + at.getLineNr() + "."));
    } catch (IOException e) {
      throw new SettingException(
          "The settings file " + file + " cannot be read: " + e.getMessage());
    }
    Map<String, String> found = new LinkedHashMap<>();
    if (content != null) {
      content.forEach(
          (name, value) ->
              found.put(
                  requireKnown(name, "The key " + name + " in " + file), String.valueOf(value)));
    }
    return found;
  }

  private static String requireKnown(String name, String where) {
    if (ALL.stream().anyMatch(setting -> setting.name().equals(name))) {
      return name;
    }
    String meant =
        SpellingSuggestion.nearest(name, ALL.stream().map(Setting::name).toList())
            .map(near -> " Did you mean " + near + "?")
            .orElse("");
    throw new SettingException(
        where + " is not a setting." + meant + " `./carillon start --help` lists them all.");
  }
}
