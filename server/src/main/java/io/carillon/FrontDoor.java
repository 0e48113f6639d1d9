package io.carillon;

import io.carillon.aws.Road;
import io.carillon.http.Handler;
import io.carillon.http.Request;
import io.carillon.http.Response;
import io.carillon.lambda.CodeLinks;
import io.carillon.sns.SnsService;

/// Tells links that carry a seal of their own from AWS's road: the pages that mails link to, and
/// functions' code. No bucket can have the name of such a page; a key in a bucket that the host
/// names can.
record FrontDoor(Road road, Handler pages, Handler codeLinks) implements Handler {
  @Override
  public Response handle(Request request) throws Exception {
    return wayOf(request).handle(request);
  }

  private Handler wayOf(Request request) {
    boolean toPage = SnsService.isPage(request.rawPath());
    boolean toCode = request.rawPath().startsWith(CodeLinks.PATH);
    if (!(toPage || toCode) || road.hostNamesBucket(request)) {
      return road;
    }
    return toPage ? pages : codeLinks;
  }
}
