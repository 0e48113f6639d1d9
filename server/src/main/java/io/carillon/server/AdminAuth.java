package io.carillon.server;

import io.carillon.admin.AdminError;
import io.carillon.admin.AdminRouter;
import io.carillon.admin.AdminSpec;
import io.carillon.aws.Principal;
import io.carillon.aws.sigv4.SignatureVerifier;
import io.carillon.aws.sigv4.Verified;
import io.carillon.http.Request;
import io.carillon.keys.Keys;
import java.io.IOException;
import java.util.Optional;

/// Authorizes requests to the admin API. They need the admin token of the data folder or a
/// signature of the first account's root user. Functions and users of other accounts have no
/// access, whatever credentials they send.
final class AdminAuth implements AdminRouter.AccessCheck {
  private static final String TOKEN = "x-carillon-token";

  private final Config config;
  private final SignatureVerifier signatures;
  private final Keys keys;
  private final WellKnownKey wellKnown;

  AdminAuth(Config config, SignatureVerifier signatures, Keys keys, WellKnownKey wellKnown) {
    this.config = config;
    this.signatures = signatures;
    this.keys = keys;
    this.wellKnown = wellKnown;
  }

  @Override
  public void check(Request request) throws IOException {
    wellKnown.refuseFunctions(request, "The admin API");
    Optional<String> token = request.headers().find(TOKEN);
    if (token.isPresent()) {
      if (!keys.adminToken().matches(token.get())) {
        throw AdminError.ACCESS_DENIED.exception();
      }
      return;
    }
    Verified verified = signatures.verify(request, AdminSpec.SPEC);
    if (!(verified instanceof Verified.Signed signed
        && signed.credentials().principal() instanceof Principal.Root root
        && root.account().equals(config.accountId()))) {
      throw AdminError.ACCESS_DENIED.exception();
    }
    wellKnown.check(request, verified, "the admin API");
  }
}
