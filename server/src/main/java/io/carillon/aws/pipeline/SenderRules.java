package io.carillon.aws.pipeline;

import io.carillon.aws.sigv4.Verified;
import io.carillon.http.Request;
import io.carillon.http.Response;

/// Rules about the origin of a request, which no policy can state: a signature with a well-known
/// key proves nothing.
public interface SenderRules {
  /// Checks a request before it is authorized.
  ///
  /// @param http as received
  /// @param operation its name, such as `GetObject`
  /// @throws AwsException where it is rejected
  void check(Request http, Verified verified, String operation);

  /// Adds header fields to the response that make browsers isolate it.
  Response answer(Request http, String operation, Response response);
}
