package io.carillon.keys;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Date;
import java.util.List;
import java.util.regex.Pattern;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.CertIOException;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/// Makes keys and certificates for SNS message signatures and for HTTPS on this machine. A
/// certificate is valid from a day earlier, since clocks differ.
final class CertificateMaker {
  private static final Pattern IP = Pattern.compile("[0-9.]+|.*:.*");
  private static final Duration CLOCK_SKEW = Duration.ofDays(1);

  private final InstantSource clock;
  private final SecureRandom random = new SecureRandom();

  CertificateMaker(InstantSource clock) {
    this.clock = clock;
  }

  /// A 2,048-bit RSA key with a self-signed certificate, as validators of SNS messages expect.
  Pem selfSigned(String commonName, Duration validity) {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
      generator.initialize(2048, random);
      KeyPair pair = generator.generateKeyPair();
      X500Principal name = new X500Principal("CN=" + commonName);
      X509v3CertificateBuilder certificate = begin(name, name, pair, validity);
      certificate.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
      return new Pem("RSA", pair.getPrivate(), finish(certificate, pair, "SHA256withRSA"));
    } catch (GeneralSecurityException | CertIOException | OperatorCreationException e) {
      throw new IllegalStateException("No certificate could be made", e);
    }
  }

  Pem authority(String commonName, Duration validity) {
    try {
      KeyPair pair = ellipticPair();
      X500Principal name = new X500Principal("CN=" + commonName);
      X509v3CertificateBuilder certificate = begin(name, name, pair, validity);
      certificate.addExtension(Extension.basicConstraints, true, new BasicConstraints(0));
      certificate.addExtension(
          Extension.subjectKeyIdentifier,
          false,
          new JcaX509ExtensionUtils().createSubjectKeyIdentifier(pair.getPublic()));
      certificate.addExtension(
          Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
      return new Pem("EC", pair.getPrivate(), finish(certificate, pair, "SHA256withECDSA"));
    } catch (GeneralSecurityException | CertIOException | OperatorCreationException e) {
      throw new IllegalStateException("No certificate could be made", e);
    }
  }

  /// @param hosts names and addresses; the first becomes the common name
  Pem server(Pem authority, List<String> hosts, Duration validity) {
    try {
      KeyPair pair = ellipticPair();
      X509v3CertificateBuilder certificate =
          begin(
              authority.certificate().getSubjectX500Principal(),
              new X500Principal("CN=" + hosts.getFirst()),
              pair,
              validity);
      // Strict clients (Python from 3.13 on) require both key identifiers.
      JcaX509ExtensionUtils identifiers = new JcaX509ExtensionUtils();
      certificate.addExtension(
          Extension.subjectKeyIdentifier,
          false,
          identifiers.createSubjectKeyIdentifier(pair.getPublic()));
      certificate.addExtension(
          Extension.authorityKeyIdentifier,
          false,
          identifiers.createAuthorityKeyIdentifier(authority.certificate().getPublicKey()));
      certificate.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
      certificate.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
      certificate.addExtension(
          Extension.extendedKeyUsage, false, new ExtendedKeyUsage(KeyPurposeId.id_kp_serverAuth));
      certificate.addExtension(Extension.subjectAlternativeName, false, names(hosts));
      KeyPair issuer = new KeyPair(authority.certificate().getPublicKey(), authority.key());
      return new Pem("EC", pair.getPrivate(), finish(certificate, issuer, "SHA256withECDSA"));
    } catch (GeneralSecurityException | CertIOException | OperatorCreationException e) {
      throw new IllegalStateException("No certificate could be made", e);
    }
  }

  private KeyPair ellipticPair() throws GeneralSecurityException {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec("secp256r1"), random);
    return generator.generateKeyPair();
  }

  private X509v3CertificateBuilder begin(
      X500Principal issuer, X500Principal subject, KeyPair pair, Duration validity) {
    Instant now = clock.instant();
    return new JcaX509v3CertificateBuilder(
        issuer,
        new BigInteger(127, random),
        Date.from(now.minus(CLOCK_SKEW)),
        Date.from(now.plus(validity)),
        subject,
        pair.getPublic());
  }

  private static X509Certificate finish(
      X509v3CertificateBuilder certificate, KeyPair issuer, String algorithm)
      throws GeneralSecurityException, OperatorCreationException {
    return new JcaX509CertificateConverter()
        .getCertificate(
            certificate.build(new JcaContentSignerBuilder(algorithm).build(issuer.getPrivate())));
  }

  private static GeneralNames names(List<String> hosts) {
    return new GeneralNames(
        hosts.stream()
            .map(
                host ->
                    new GeneralName(
                        IP.matcher(host).matches() ? GeneralName.iPAddress : GeneralName.dNSName,
                        host))
            .toArray(GeneralName[]::new));
  }
}
