package io.carillon.aws.pipeline;

import io.carillon.aws.sigv4.Verified;
import io.carillon.http.Request;
import io.carillon.http.Response;

/// Admits requests of every origin.
public record NoSenderRules() implements SenderRules {
  @Override
  public void check(Request http, Verified verified, String operation) {}

  @Override
  public Response answer(Request http, String operation, Response response) {
    return response;
  }
}
