package io.carillon;

import io.carillon.aws.AwsException;
import io.carillon.aws.RequestPipeline;
import io.carillon.http.ClientSocket;
import io.carillon.http.Handler;
import io.carillon.http.Peer;
import io.carillon.http.Request;
import io.carillon.http.Response;
import io.carillon.lambda.CodeLinks;
import io.carillon.lambda.runtime.Peers;
import io.carillon.sns.SnsService;
import org.jspecify.annotations.Nullable;

/// Tells links that carry a seal of their own from AWS's road: the pages that mails link to, and
/// functions' code. No bucket can have the name of such a page; a key in a bucket that the host
/// names can.
record RootHandler(
    RequestPipeline pipeline, WellKnownKey key, Handler pages, Handler codeLinks, Peers peers)
    implements Handler {
  /// Functions share the room for requests; other clients may use all of it.
  @Override
  public @Nullable String sender(ClientSocket socket) {
    return peers.reckonWithFunctions() && peers.of(socket) instanceof Peer.Environment(var evidence)
        ? evidence
        : null;
  }

  @Override
  public Response handle(Request request) throws Exception {
    boolean toPage = SnsService.isPage(request.rawPath());
    boolean toCode = request.rawPath().startsWith(CodeLinks.PATH);
    if (!(toPage || toCode) || pipeline.hostNamesBucket(request)) {
      return pipeline.handle(request);
    }
    return toPage ? page(request) : codeLinks.handle(request);
  }

  private Response page(Request request) throws Exception {
    try {
      key.checkMailPage(request);
    } catch (AwsException e) {
      return Response.text(e.error().status(), e.getMessage() + "\n");
    }
    return pages.handle(request);
  }
}
