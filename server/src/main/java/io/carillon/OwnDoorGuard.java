package io.carillon;

import io.carillon.aws.Principal;
import io.carillon.aws.sigv4.SignatureVerifier;
import io.carillon.aws.sigv4.Verified;
import io.carillon.console.AdminDoor;
import io.carillon.console.DoorError;
import io.carillon.http.Request;
import io.carillon.keys.Keys;
import java.io.IOException;
import java.util.Optional;

/// Who may pass our own door: whoever holds the admin token of the data folder, and the root user
/// of the first account. A function reaches loopback too, and other accounts are strangers here.
final class OwnDoorGuard implements AdminDoor.Guard {
  private static final String TOKEN = "x-carillon-token";

  private final Config config;
  private final SignatureVerifier signatures;
  private final Keys keys;

  OwnDoorGuard(Config config, SignatureVerifier signatures, Keys keys) {
    this.config = config;
    this.signatures = signatures;
    this.keys = keys;
  }

  @Override
  public void check(Request request) throws IOException {
    Optional<String> token = request.headers().find(TOKEN);
    if (token.isPresent()) {
      if (!keys.adminToken().matches(token.get())) {
        throw DoorError.ACCESS_DENIED.exception();
      }
      return;
    }
    if (!(signatures.verify(request, "carillon") instanceof Verified.Signed signed
        && signed.credentials().principal() instanceof Principal.Root root
        && root.account().equals(config.accountId()))) {
      throw DoorError.ACCESS_DENIED.exception();
    }
  }
}
