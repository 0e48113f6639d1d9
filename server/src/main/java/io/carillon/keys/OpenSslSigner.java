package io.carillon.keys;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.security.PrivateKey;
import java.util.Map;

/// Signs by OpenSSL's libcrypto, which takes a quarter of the JDK's time for RSA. Nearly every
/// Linux has it.
///
/// Source: https://docs.openssl.org/3.0/man3/EVP_DigestSignInit/
final class OpenSslSigner implements RsaSigner {
  private static final MemoryLayout POINTER = ValueLayout.ADDRESS;
  private static final int SIGNATURE_BYTES = 1024; // of a key of 8,192 bits

  private final MethodHandle newContext;
  private final MethodHandle freeContext;
  private final MethodHandle init;
  private final MethodHandle sign;
  private final MemorySegment key;
  private final Map<Hash, MemorySegment> hashes;

  private OpenSslSigner(SymbolLookup library, PrivateKey of) throws Throwable {
    newContext = handle(library, "EVP_MD_CTX_new", FunctionDescriptor.of(POINTER));
    freeContext = handle(library, "EVP_MD_CTX_free", FunctionDescriptor.ofVoid(POINTER));
    init =
        handle(
            library,
            "EVP_DigestSignInit",
            FunctionDescriptor.of(
                ValueLayout.JAVA_INT, POINTER, POINTER, POINTER, POINTER, POINTER));
    sign =
        handle(
            library,
            "EVP_DigestSign",
            FunctionDescriptor.of(
                ValueLayout.JAVA_INT, POINTER, POINTER, POINTER, POINTER, ValueLayout.JAVA_LONG));
    MethodHandle sha1 = handle(library, "EVP_sha1", FunctionDescriptor.of(POINTER));
    MethodHandle sha256 = handle(library, "EVP_sha256", FunctionDescriptor.of(POINTER));
    hashes =
        Map.of(
            Hash.SHA_1, (MemorySegment) sha1.invokeExact(),
            Hash.SHA_256, (MemorySegment) sha256.invokeExact());
    key = parse(library, of.getEncoded());
  }

  /// @param libraries file names, of which the first that is there is taken
  /// @throws UnsupportedOperationException where none is there or can sign with this key
  @SuppressWarnings("restricted") // the signatures are those of OpenSSL
  static OpenSslSigner load(PrivateKey key, String... libraries) {
    for (String name : libraries) {
      try {
        return new OpenSslSigner(SymbolLookup.libraryLookup(name, Arena.global()), key);
      } catch (IllegalArgumentException _) {
        // no such library
      } catch (Throwable e) {
        throw new UnsupportedOperationException(name + " cannot be used", e);
      }
    }
    throw new UnsupportedOperationException("no OpenSSL");
  }

  @SuppressWarnings("restricted") // the signatures are those of OpenSSL
  private static MethodHandle handle(
      SymbolLookup library, String function, FunctionDescriptor signature) {
    return Linker.nativeLinker().downcallHandle(library.findOrThrow(function), signature);
  }

  private static MemorySegment parse(SymbolLookup library, byte[] encoded) throws Throwable {
    MethodHandle parse =
        handle(
            library,
            "d2i_AutoPrivateKey",
            FunctionDescriptor.of(POINTER, POINTER, POINTER, ValueLayout.JAVA_LONG));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment bytes = arena.allocateFrom(ValueLayout.JAVA_BYTE, encoded);
      MemorySegment at = arena.allocateFrom(ValueLayout.ADDRESS, bytes);
      MemorySegment parsed =
          (MemorySegment) parse.invokeExact(MemorySegment.NULL, at, (long) encoded.length);
      bytes.fill((byte) 0);
      if (parsed.equals(MemorySegment.NULL)) {
        throw new IllegalStateException("the key cannot be read");
      }
      return parsed;
    }
  }

  @Override
  public byte[] sign(Hash hash, byte[] text) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment context = (MemorySegment) newContext.invokeExact();
      try {
        require(
            (int)
                init.invokeExact(
                    context, MemorySegment.NULL, hashes.get(hash), MemorySegment.NULL, key));
        MemorySegment signature = arena.allocate(SIGNATURE_BYTES);
        MemorySegment length = arena.allocateFrom(ValueLayout.JAVA_LONG, SIGNATURE_BYTES);
        MemorySegment bytes = arena.allocateFrom(ValueLayout.JAVA_BYTE, text);
        require((int) sign.invokeExact(context, signature, length, bytes, (long) text.length));
        return signature
            .asSlice(0, length.get(ValueLayout.JAVA_LONG, 0))
            .toArray(ValueLayout.JAVA_BYTE);
      } finally {
        freeContext.invokeExact(context);
      }
    } catch (Throwable e) {
      throw new IllegalStateException("OpenSSL cannot sign", e);
    }
  }

  private static void require(int result) {
    if (result != 1) {
      throw new IllegalStateException("OpenSSL answers " + result);
    }
  }
}
