package io.carillon.keys;

import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.List;

/// The server's key and certificates for HTTPS.
///
/// @param chain the server's certificate, then its authority's
/// @param authorityPem for clients to trust, as in `AWS_CA_BUNDLE`
public record TlsIdentity(PrivateKey key, List<X509Certificate> chain, String authorityPem) {}
