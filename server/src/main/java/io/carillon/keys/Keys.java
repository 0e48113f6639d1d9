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

/// The keys of this installation, each generated once and stored in `keys/` of the data folder. The
/// sealing key and the admin token are generated at start; key pairs take tenths of a second and
/// are generated on first use. A damaged file is reported and not replaced: with a new sealing key,
/// no secret sealed under the old one could be opened.
///
/// Processes that start together on one folder get the same keys: a process that finds none takes
/// the folder's lock, looks again, and only then generates one.
public final class Keys {
  private static final String FOLDER = "keys";
  private static final String ADMIN_TOKEN = "admin-token";
  private static final String SEALING_KEY = "sealing.key";
  private static final String SNS = "sns-signing.pem";
  private static final String TLS_AUTHORITY = "tls-authority.pem";

  /// The certificate alone, for clients to trust; [#TLS_AUTHORITY] holds the private key as well.
  private static final String TLS_AUTHORITY_CERTIFICATE = "tls-authority.crt";

  private static final String TLS_SERVER = "tls-server.pem";

  private static final Duration LONG_VALIDITY = Duration.ofDays(3650);
  private static final Duration SERVER_VALIDITY = Duration.ofDays(397); // browsers' maximum
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
    this.adminToken = find(storage, () -> storedAdminToken(storage), () -> newAdminToken(storage));
    this.sealer = find(storage, () -> storedSealer(storage), () -> newSealer(storage));
  }

  /// Opens the keys of a data folder, generating missing ones.
  public static Keys open(Path dataFolder, InstantSource clock) {
    return new Keys(KeyStorage.Folder.create(dataFolder.resolve(FOLDER)), clock);
  }

  /// Keys that are lost when the process ends.
  public static Keys inMemory(InstantSource clock) {
    return new Keys(KeyStorage.Memory.create(), clock);
  }

  /// Authorizes requests to `/_carillon/`; readable only with access to the data folder.
  public Secret adminToken() {
    return adminToken;
  }

  public Sealer sealer() {
    return sealer;
  }

  /// Distinguishes sealing keys without revealing them, so it may be stored beside sealed secrets.
  public String sealingKeyFingerprint() {
    return sealer.fingerprint();
  }

  /// Generated on first use.
  public SnsCertificate snsCertificate() {
    lock.lock();
    try {
      SnsCertificate known = snsCertificate;
      if (known == null) {
        known =
            new SnsCertificate(
                find(
                    storage,
                    () -> stored(SNS, "RSA", this::isFarFromExpiry),
                    () ->
                        write(
                            SNS,
                            new CertificateMaker(clock)
                                .selfSigned("sns.amazonaws.com", LONG_VALIDITY))));
        snsCertificate = known;
      }
      return known;
    } finally {
      lock.unlock();
    }
  }

  /// A certificate for this machine, signed by an authority of this installation. Renewed 30 days
  /// before it expires or when hosts were added.
  ///
  /// @param hosts names and addresses besides `localhost` and its subdomains; for virtual-hosted
  ///   buckets also `*.` and the name
  public TlsIdentity tlsIdentity(Collection<String> hosts) {
    List<String> all = new ArrayList<>(LOCAL_HOSTS);
    hosts.stream().filter(host -> !LOCAL_HOSTS.contains(host)).forEach(all::add);
    lock.lock();
    try {
      return storage.exclusively(() -> openTlsIdentity(all));
    } finally {
      lock.unlock();
    }
  }

  private TlsIdentity openTlsIdentity(List<String> hosts) {
    CertificateMaker maker = new CertificateMaker(clock);
    Pem authority =
        stored(TLS_AUTHORITY, "EC", this::isFarFromExpiry)
            .orElseGet(
                () ->
                    write(
                        TLS_AUTHORITY, maker.authority("Carillon local authority", LONG_VALIDITY)));
    Pem server =
        stored(
                TLS_SERVER,
                "EC",
                stored ->
                    isFarFromExpiry(stored)
                        && isSignedBy(authority, stored)
                        && names(stored).containsAll(hosts))
            .orElseGet(() -> write(TLS_SERVER, maker.server(authority, hosts, SERVER_VALIDITY)));
    String trusted = Pem.certificate(authority.certificate());
    storage.write(TLS_AUTHORITY_CERTIFICATE, trusted.getBytes(StandardCharsets.US_ASCII));
    return new TlsIdentity(
        server.key(), List.of(server.certificate(), authority.certificate()), trusted);
  }

  private static <T> T find(KeyStorage storage, Supplier<Optional<T>> stored, Supplier<T> maker) {
    return stored.get().orElseGet(() -> storage.exclusively(() -> stored.get().orElseGet(maker)));
  }

  private Optional<Pem> stored(String name, String algorithm, Predicate<Pem> usable) {
    return storage.read(name).map(bytes -> parse(name, algorithm, bytes)).filter(usable);
  }

  private Pem write(String name, Pem fresh) {
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

  private boolean isFarFromExpiry(Pem stored) {
    return clock
        .instant()
        .isBefore(stored.certificate().getNotAfter().toInstant().minus(RENEW_BEFORE));
  }

  private static boolean isSignedBy(Pem authority, Pem stored) {
    try {
      stored.certificate().verify(authority.certificate().getPublicKey());
      return true;
    } catch (GeneralSecurityException e) {
      return false;
    }
  }

  private static Set<String> names(Pem stored) {
    Set<String> names = new HashSet<>();
    try {
      Collection<List<?>> alternatives = stored.certificate().getSubjectAlternativeNames();
      if (alternatives != null) {
        alternatives.forEach(name -> names.add(normalize(String.valueOf(name.get(1)))));
      }
    } catch (CertificateParsingException e) {
      return Set.of(); // the certificate is then renewed
    }
    return names;
  }

  private static String normalize(String name) {
    return name.equals("0:0:0:0:0:0:0:1") ? "::1" : name;
  }

  private static Optional<Secret> storedAdminToken(KeyStorage storage) {
    Optional<Secret> token = storage.read(ADMIN_TOKEN).map(Keys::asSecret);
    if (token.isPresent() && token.get().reveal().length() < 32) {
      throw damaged(ADMIN_TOKEN, null);
    }
    return token;
  }

  private static Secret newAdminToken(KeyStorage storage) {
    Secret token = new Ids().secret(43); // 256 bits
    storage.write(ADMIN_TOKEN, (token.reveal() + "\n").getBytes(StandardCharsets.US_ASCII));
    return token;
  }

  private static Secret asSecret(byte[] bytes) {
    return new Secret(new String(bytes, StandardCharsets.US_ASCII).trim());
  }

  private static Optional<SealingKey> storedSealer(KeyStorage storage) {
    Optional<byte[]> stored = storage.read(SEALING_KEY);
    if (stored.isPresent() && stored.get().length != SealingKey.SIZE_BYTES) {
      throw damaged(SEALING_KEY, null);
    }
    return stored.map(SealingKey::new);
  }

  private static SealingKey newSealer(KeyStorage storage) {
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
