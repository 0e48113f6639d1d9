package io.carillon.server;

import io.carillon.admin.AdminRouter;
import io.carillon.aws.AwsException;
import io.carillon.aws.pipeline.RequestPipeline;
import io.carillon.http.ClientSocket;
import io.carillon.http.Handler;
import io.carillon.http.Peer;
import io.carillon.http.Request;
import io.carillon.http.Response;
import io.carillon.kernel.PublicRoute;
import io.carillon.lambda.runtime.Peers;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Routes the paths that are not AWS's past the request pipeline: the admin API, and the pages that
/// mails link to and downloads of function code, both of which carry their own token. No bucket can
/// have the name of such a path, but an object key can, in a bucket that the host names.
record RootHandler(
    RequestPipeline pipeline, Handler admin, WellKnownKey key, List<PublicRoute> pages, Peers peers)
    implements Handler {
  /// All functions together get one sender's share of the memory for requests.
  @Override
  public @Nullable String sender(ClientSocket socket) {
    return peers.functionsEverStarted()
            && peers.of(socket) instanceof Peer.Environment(var evidence)
        ? evidence
        : null;
  }

  @Override
  public Response handle(Request request) throws Exception {
    for (PublicRoute page : pages) {
      if (request.rawPath().startsWith(page.prefix()) && !pipeline.hostNamesResource(request)) {
        return page(page, request);
      }
    }
    if (AdminRouter.hasPath(request.rawPath()) && !pipeline.hostNamesResource(request)) {
      return admin.handle(request);
    }
    return pipeline.handle(request);
  }

  private Response page(PublicRoute page, Request request) throws Exception {
    try {
      if (page.forPeople()) {
        key.checkMailPage(request);
      }
    } catch (AwsException e) {
      return Response.text(e.error().status(), e.getMessage() + "\n");
    }
    return page.handler().handle(request);
  }
}
