package io.carillon.keys;

import io.carillon.base.Ids;
import io.carillon.base.Sealer;
import io.carillon.base.Secret;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.security.cert.CertificateParsingException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The keys of this installation, each made once and kept in `keys/` of the data folder. What
/// start-up needs is cheap and made at once; key pairs cost tenths of a second and wait until
/// someone asks. A damaged file is reported and left alone: a fresh sealing key would orphan every
/// secret sealed under the old one.
public final class Keys {
  private static final String FOLDER = "keys";
  private static final String ADMIN_TOKEN = "admin-token";
  private static final String SEALING_KEY = "sealing.key";
  private static final String SNS = "sns-signing.pem";
  private static final String TLS_AUTHORITY = "tls-authority.pem";

  /// For clients to trust; the file beside it holds the authority's key as well.
  private static final String TLS_AUTHORITY_CERTIFICATE = "tls-authority.crt";

  private static final String TLS_SERVER = "tls-server.pem";

  private static final Duration LONG_LIFE = Duration.ofDays(3650);
  private static final Duration SERVER_LIFE = Duration.ofDays(397); // browsers accept no longer one
  private static final Duration RENEW_BEFORE = Duration.ofDays(30);
  private static final List<String> LOCAL_HOSTS =
      List.of("localhost", "*.localhost", "s3.localhost", "*.s3.localhost", "127.0.0.1", "::1");

  private final KeyStorage storage;
  private final InstantSource clock;
  private final Secret adminToken;
  private final SealingKey sealer;
  private final ReentrantLock lock = new ReentrantLock();
  private @Nullable SnsCertificate snsCertificate;

  private Keys(KeyStorage storage, InstantSource clock) {
    this.storage = storage;
    this.clock = clock;
    this.adminToken = openAdminToken(storage);
    this.sealer = openSealer(storage);
  }

  /// Opens the keys of a data folder, making what is missing.
  public static Keys open(Path dataFolder, InstantSource clock) {
    return new Keys(KeyStorage.Folder.create(dataFolder.resolve(FOLDER)), clock);
  }

  /// Keys that are gone with the process.
  public static Keys inMemory(InstantSource clock) {
    return new Keys(KeyStorage.Memory.create(), clock);
  }

  /// Opens `/_carillon/` to who can read the data folder.
  public Secret adminToken() {
    return adminToken;
  }

  public Sealer sealer() {
    return sealer;
  }

  /// Tells sealing keys apart, and nothing of them: it may be kept beside what they sealed.
  public String sealingKeyFingerprint() {
    return sealer.fingerprint();
  }

  /// Made on first need.
  public SnsCertificate snsCertificate() {
    lock.lock();
    try {
      SnsCertificate known = snsCertificate;
      if (known == null) {
        known =
            new SnsCertificate(
                load(
                    SNS,
                    "RSA",
                    this::stillGood,
                    () -> new CertificateMaker(clock).signing("sns.amazonaws.com", LONG_LIFE)));
        snsCertificate = known;
      }
      return known;
    } finally {
      lock.unlock();
    }
  }

  /// A certificate for this machine, by an authority of this installation. Renewed when it nears
  /// its end or when hosts were added.
  ///
  /// @param hosts names and addresses to serve besides `localhost` and its kin; for host-style
  ///   buckets also `*.` and the name
  public TlsIdentity tlsIdentity(Collection<String> hosts) {
    List<String> all = new ArrayList<>(LOCAL_HOSTS);
    hosts.stream().filter(host -> !LOCAL_HOSTS.contains(host)).forEach(all::add);
    lock.lock();
    try {
      CertificateMaker maker = new CertificateMaker(clock);
      Pem authority =
          load(
              TLS_AUTHORITY,
              "EC",
              this::stillGood,
              () -> maker.authority("Carillon local authority", LONG_LIFE));
      Pem server =
          load(
              TLS_SERVER,
              "EC",
              kept -> stillGood(kept) && isBy(authority, kept) && names(kept).containsAll(all),
              () -> maker.server(authority, all, SERVER_LIFE));
      String trusted = Pem.certificate(authority.certificate());
      storage.write(TLS_AUTHORITY_CERTIFICATE, trusted.getBytes(StandardCharsets.US_ASCII));
      return new TlsIdentity(
          server.key(), List.of(server.certificate(), authority.certificate()), trusted);
    } finally {
      lock.unlock();
    }
  }

  private Pem load(String name, String algorithm, Predicate<Pem> usable, Supplier<Pem> maker) {
    Optional<byte[]> bytes = storage.read(name);
    if (bytes.isPresent()) {
      Pem kept = parse(name, algorithm, bytes.get());
      if (usable.test(kept)) {
        return kept;
      }
    }
    Pem fresh = maker.get();
    storage.write(name, fresh.toBytes());
    return fresh;
  }

  private static Pem parse(String name, String algorithm, byte[] bytes) {
    try {
      return Pem.parse(algorithm, bytes);
    } catch (IllegalStateException | IllegalArgumentException e) {
      throw damaged(name, e);
    }
  }

  private boolean stillGood(Pem kept) {
    return clock
        .instant()
        .isBefore(kept.certificate().getNotAfter().toInstant().minus(RENEW_BEFORE));
  }

  private static boolean isBy(Pem authority, Pem kept) {
    try {
      kept.certificate().verify(authority.certificate().getPublicKey());
      return true;
    } catch (GeneralSecurityException e) {
      return false;
    }
  }

  private static Set<String> names(Pem kept) {
    Set<String> names = new HashSet<>();
    try {
      Collection<List<?>> alternatives = kept.certificate().getSubjectAlternativeNames();
      if (alternatives != null) {
        alternatives.forEach(name -> names.add(normal(String.valueOf(name.get(1)))));
      }
    } catch (CertificateParsingException e) {
      return Set.of(); // then it is made anew
    }
    return names;
  }

  private static String normal(String name) {
    return name.equals("0:0:0:0:0:0:0:1") ? "::1" : name;
  }

  private static Secret openAdminToken(KeyStorage storage) {
    Optional<byte[]> kept = storage.read(ADMIN_TOKEN);
    if (kept.isPresent()) {
      Secret token = asSecret(kept.get());
      if (token.reveal().length() < 32) {
        throw damaged(ADMIN_TOKEN, null);
      }
      return token;
    }
    Secret token = new Ids().secret(43); // 256 bits
    storage.write(ADMIN_TOKEN, (token.reveal() + "\n").getBytes(StandardCharsets.US_ASCII));
    return token;
  }

  private static Secret asSecret(byte[] bytes) {
    return new Secret(new String(bytes, StandardCharsets.US_ASCII).trim());
  }

  private static SealingKey openSealer(KeyStorage storage) {
    Optional<byte[]> kept = storage.read(SEALING_KEY);
    if (kept.isPresent()) {
      if (kept.get().length != SealingKey.SIZE_BYTES) {
        throw damaged(SEALING_KEY, null);
      }
      return new SealingKey(kept.get());
    }
    byte[] fresh = new byte[SealingKey.SIZE_BYTES];
    new SecureRandom().nextBytes(fresh);
    storage.write(SEALING_KEY, fresh);
    return new SealingKey(fresh);
  }

  private static DamagedKeyException damaged(String name, @Nullable Throwable cause) {
    return new DamagedKeyException(
        FOLDER + "/" + name + " is damaged. Restore it from a backup of the data folder.", cause);
  }
}
