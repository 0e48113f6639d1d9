package io.carillon.sns;

/// Signs messages so that the SDKs' validators accept them.
public interface MessageSigner {

  /// @param version `1` for RSA over SHA-1, `2` for RSA over SHA-256
  /// @return the signature of the UTF-8 bytes of `text`, in base 64
  String sign(String version, String text);

  /// The certificate that verifies the signature, as PEM.
  byte[] certificate();
}
