package io.carillon.aws.protocol;

import io.carillon.aws.AwsException;
import io.carillon.http.Request;
import io.carillon.http.Response;
import java.io.IOException;
import software.amazon.awssdk.core.SdkPojo;

/// The wire protocol of a service: reads requests into the SDK's request classes and writes its
/// response classes, and errors.
public sealed interface Protocol
    permits QueryProtocol, JsonProtocol, RestXmlProtocol, RestJsonProtocol {

  /// The same protocol, which also validates values against the constraints of the service's model,
  /// where known.
  default Protocol validatingValues() {
    return this;
  }

  /// Checks a request's declared size, before its body is read.
  ///
  /// @throws AwsException where it exceeds the operation's limit
  default void admit(Request http, String path) {}

  /// Finds the operation of a request.
  ///
  /// @param path of the request, undecoded; differs from the request's own where the host names the
  ///   bucket
  /// @throws AwsException where it matches no operation of the service's model
  MatchedRequest read(Request http, String path) throws IOException;

  /// @param operation of the request
  /// @param output of the operation's response class
  Response answer(Model.Entry operation, SdkPojo output, RequestIds ids);

  /// Writes an error.
  ///
  /// @param method of the request: a response to HEAD has no body
  Response refuse(String method, AwsException why, RequestIds ids);

  /// Adds the request's ids to a response that an operation made itself.
  Response stamp(Response response, RequestIds ids);
}
