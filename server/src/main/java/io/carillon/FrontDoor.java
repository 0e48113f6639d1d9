package io.carillon;

import io.carillon.http.Handler;
import io.carillon.http.Request;
import io.carillon.http.Response;
import io.carillon.sns.SnsService;

/// Tells the pages that mails link to from AWS's own road. No bucket can have the name of such a
/// page.
record FrontDoor(Handler road, Handler pages) implements Handler {
  @Override
  public Response handle(Request request) throws Exception {
    return SnsService.isPage(request.rawPath()) ? pages.handle(request) : road.handle(request);
  }
}
