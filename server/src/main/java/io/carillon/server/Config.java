package io.carillon.server;

import io.carillon.base.AccountId;
import io.carillon.base.Secret;
import io.carillon.server.Settings.SettingException;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;

/// The typed configuration; [Settings] says what each value means.
public record Config(
    InetAddress host,
    int port,
    Path data,
    boolean inMemory,
    AccountId accountId,
    String accessKeyId,
    Secret secretAccessKey,
    Optional<Path> managedPolicies,
    OptionalInt httpsPort,
    Optional<URI> publicUrl,
    List<String> baseHosts,
    List<String> allowedHosts,
    List<String> allowedOrigins,
    boolean isolateObjects,
    double retryTimeScale,
    int maxConnections,
    SandboxMode sandbox,
    int functionMemoryMb,
    Duration functionIdle,
    boolean refuseDeprecatedRuntimes,
    Optional<Relay> smtp,
    String smtpFrom,
    Optional<String> snsCertificateHost,
    Endpoints snsEndpoints,
    int mailPort,
    Optional<Relay> smpp,
    int smsPort,
    Duration drain,
    NewBuckets newBuckets) {

  public enum SandboxMode {
    AUTO,
    REQUIRED,
    OFF
  }

  /// Settings that new buckets begin with.
  public enum NewBuckets {
    AWS,
    LEGACY
  }

  /// The addresses that HTTP(S) subscriptions may have.
  public enum Endpoints {
    AUTO,
    ALL,
    INTERNET
  }

  /// A remote SMTP server or SMS centre.
  public record Relay(String host, int port, String user, Secret password, boolean startTls) {}

  /// @param values a value for every setting, as [Settings#resolve] gives them
  public static Config of(Map<String, String> values) {
    Reader read = new Reader(values);
    return new Config(
        read.as("host", Config::address, "an IP address or host name"),
        read.number("port", 0, 65_535),
        read.as("data", Path::of, "a folder"),
        read.flag("in-memory"),
        read.as("account-id", AccountId::new, "twelve digits"),
        read.as("access-key-id", Config::accessKey, "1 to 128 letters, digits and underscores"),
        new Secret(read.as("secret-access-key", Config::notEmpty, "not empty")),
        read.text("managed-policies").map(_ -> read.as("managed-policies", Path::of, "a folder")),
        read.text("https-port").isPresent()
            ? OptionalInt.of(read.number("https-port", 0, 65_535))
            : OptionalInt.empty(),
        read.text("public-url")
            .map(
                _ -> read.as("public-url", Config::httpUri, "an http or https URL without a path")),
        read.list("base-hosts", Function.identity(), ""),
        read.list("allowed-hosts", Config::hostName, "host names without a port"),
        read.list(
            "allowed-origins",
            Config::origin,
            "origins such as http://app.example:3000, or the word null"),
        read.flag("isolate-objects"),
        read.as("retry-time-scale", Config::scale, "a number above 0 and at most 1"),
        read.number("max-connections", 1, 1_000_000),
        read.as(
            "sandbox",
            text -> SandboxMode.valueOf(text.toUpperCase(Locale.ROOT)),
            "auto, required or off"),
        read.number("function-memory-mb", 128, 1 << 20),
        Duration.ofSeconds(read.number("function-idle-seconds", 1, 86_400)),
        read.as("deprecated-runtimes", Config::refuses, "run or refuse"),
        read.relay("smtp", "smtp-user", read.flag("smtp-starttls")),
        read.as("smtp-from", Config::notEmpty, "an e-mail address"),
        read.text("sns-certificate-host")
            .map(
                _ ->
                    read.as(
                        "sns-certificate-host",
                        Config::certificateHost,
                        "a host, such as sns.{region}.amazonaws.com or"
                            + " sns.eu-central-1.amazonaws.com:4443")),
        read.as(
            "sns-endpoints",
            text -> Endpoints.valueOf(text.toUpperCase(Locale.ROOT)),
            "auto, all or internet"),
        read.number("mail-port", 0, 65_535),
        read.relay("smpp", "smpp-system-id", false),
        read.number("sms-port", 0, 65_535),
        Duration.ofSeconds(read.number("drain-seconds", 0, 3_600)),
        read.as(
            "new-bucket-defaults",
            text -> NewBuckets.valueOf(text.toUpperCase(java.util.Locale.ROOT)),
            "aws or legacy"));
  }

  private static boolean refuses(String text) {
    return switch (text) {
      case "run" -> false;
      case "refuse" -> true;
      default -> throw new IllegalArgumentException(text);
    };
  }

  /// Whether only this machine can connect.
  public boolean onLoopback() {
    return host.isLoopbackAddress();
  }

  /// Whether the root credentials are the documented default.
  public boolean hasDefaultCredentials() {
    return accessKeyId.equals("test") && secretAccessKey.matches("test");
  }

  private record Reader(Map<String, String> values) {
    Optional<String> text(String name) {
      return Optional.ofNullable(values.get(name)).filter(value -> !value.isEmpty());
    }

    <T> T as(String name, Function<String, T> parser, String expected) {
      String value = values.getOrDefault(name, "");
      try {
        return parser.apply(value);
      } catch (RuntimeException e) {
        throw new SettingException(
            "The setting " + name + " must be " + expected + ", not \"" + value + "\".");
      }
    }

    int number(String name, int min, int max) {
      return as(
          name,
          text -> {
            int number = Integer.parseInt(text);
            if (number < min || number > max) {
              throw new IllegalArgumentException();
            }
            return number;
          },
          "a whole number from " + min + " to " + max);
    }

    boolean flag(String name) {
      return as(
          name,
          text ->
              switch (text) {
                case "true", "" -> true;
                case "false" -> false;
                default -> throw new IllegalArgumentException();
              },
          "true or false");
    }

    List<String> list(String name, Function<String, String> parser, String expected) {
      return as(
          name,
          text ->
              Arrays.stream(text.split(","))
                  .map(String::strip)
                  .filter(entry -> !entry.isEmpty())
                  .map(parser)
                  .toList(),
          expected);
    }

    Optional<Relay> relay(String kind, String userSetting, boolean startTls) {
      return text(kind + "-host")
          .map(
              host ->
                  new Relay(
                      host,
                      number(kind + "-port", 1, 65_535),
                      values.getOrDefault(userSetting, ""),
                      new Secret(values.getOrDefault(kind + "-password", "")),
                      startTls));
    }
  }

  private static InetAddress address(String text) {
    try {
      return InetAddress.getByName(notEmpty(text));
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException(e);
    }
  }

  private static String notEmpty(String text) {
    if (text.isBlank()) {
      throw new IllegalArgumentException();
    }
    return text;
  }

  private static String accessKey(String text) {
    if (!text.matches("\\w{1,128}")) {
      throw new IllegalArgumentException();
    }
    return text;
  }

  private static URI httpUri(String text) {
    URI uri = URI.create(text.endsWith("/") ? text.substring(0, text.length() - 1) : text);
    if (uri.getHost() == null || !uri.getPath().isEmpty() || !uri.getScheme().matches("https?")) {
      throw new IllegalArgumentException();
    }
    return uri;
  }

  private static String hostName(String text) {
    if (!text.matches("[A-Za-z0-9._-]+")) {
      throw new IllegalArgumentException();
    }
    return text.toLowerCase(Locale.ROOT);
  }

  private static String origin(String text) {
    if (!text.matches("null|[A-Za-z][A-Za-z0-9+.-]*://[^/?#@]+")) {
      throw new IllegalArgumentException();
    }
    return text.toLowerCase(Locale.ROOT);
  }

  private static String certificateHost(String text) {
    if (!text.matches("([a-z0-9.-]|\\{region})+(:[0-9]{1,5})?")) {
      throw new IllegalArgumentException();
    }
    return text;
  }

  private static double scale(String text) {
    double scale = Double.parseDouble(text);
    if (!(scale > 0 && scale <= 1)) {
      throw new IllegalArgumentException();
    }
    return scale;
  }
}
