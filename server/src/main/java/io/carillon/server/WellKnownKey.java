package io.carillon.server;

import io.carillon.aws.AwsException;
import io.carillon.aws.CommonError;
import io.carillon.aws.Credentials;
import io.carillon.aws.Principal;
import io.carillon.aws.pipeline.SenderRules;
import io.carillon.aws.sigv4.Verified;
import io.carillon.http.Peer;
import io.carillon.http.Request;
import io.carillon.http.Response;
import io.carillon.lambda.runtime.Peers;

/// What a signature with test/test is worth. The key is documented, so the signature proves
/// nothing: the key is for the users and programs of this machine, and the server then listens on
/// loopback only. Functions and web pages of other sites reach loopback too; they are recognized
/// and refused here. A signature with any other key is proof and is not checked further.
final class WellKnownKey implements SenderRules {
  private final Config config;
  private final boolean wellKnown;
  private final Peers peers;
  private final BrowserRule browsers;

  WellKnownKey(Config config, Peers peers) {
    this.config = config;
    this.wellKnown = config.hasDefaultCredentials();
    this.peers = peers;
    this.browsers = new BrowserRule(config);
  }

  @Override
  public void check(Request http, Verified verified, String operation) {
    if (!wellKnown) {
      return;
    }
    Credentials credentials =
        switch (verified) {
          case Verified.Anonymous _ -> null;
          case Verified.Signed signed -> signed.credentials();
          case Verified.SignedV2 signed -> signed.credentials();
        };
    if (credentials != null
        && credentials.accessKeyId().equals(config.accessKeyId())
        && credentials.principal() instanceof Principal.Root) {
      refuseFunctions(http, "The root key test/test");
      browsers.check(http, verified.signing(), operation);
    }
  }

  /// @param what what functions may not use, for the message
  /// @throws AwsException AccessDenied where a function sent the request
  void refuseFunctions(Request http, String what) {
    if (peers.functionsEverStarted()
        && peers.of(http.socket()) instanceof Peer.Environment(String evidence)) {
      throw CommonError.ACCESS_DENIED.because(
          "Access Denied. "
              + what
              + " is not for functions, and this request comes from one ("
              + evidence
              + "). A function signs with the credentials of its role, which are in its"
              + " environment variables. If the client is no function, use a key of your own.");
    }
  }

  /// @throws AwsException AccessDenied where another site's page asks for a page that mails link to
  void checkMailPage(Request http) {
    if (wellKnown) {
      browsers.checkMailPage(http);
    }
  }

  @Override
  public Response answer(Request http, String operation, Response answer) {
    return wellKnown && operation.equals("GetObject") ? browsers.isolate(http, answer) : answer;
  }
}
