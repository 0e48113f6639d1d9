package io.carillon.aws.protocol;

import io.carillon.aws.AwsException;
import io.carillon.http.Request;
import io.carillon.http.Response;
import java.io.IOException;
import software.amazon.awssdk.core.SdkPojo;

/// How a service speaks: reads requests into the SDK's request classes and writes its response
/// classes, and errors.
public sealed interface Protocol
    permits QueryProtocol, JsonProtocol, RestXmlProtocol, RestJsonProtocol {

  /// The same protocol, which also holds values to the service's model where it knows it.
  default Protocol judgingValues() {
    return this;
  }

  /// Looks at a request's announced size, before anything of its body is asked for.
  ///
  /// @throws AwsException where it announces more than its operation may have
  default void admit(Request http, String path) {}

  /// Finds what a request asks for.
  ///
  /// @param path of the request, undecoded; differs from the request's own where the host names the
  ///   bucket
  /// @throws AwsException where no operation of the service's model is meant
  MatchedRequest read(Request http, String path) throws IOException;

  /// @param operation that was asked for
  /// @param output of the operation's response class
  Response answer(Model.Entry operation, SdkPojo output, RequestIds ids);

  /// Writes an error.
  ///
  /// @param method of the request: an answer to HEAD has no body
  Response refuse(String method, AwsException why, RequestIds ids);

  /// Adds the request's ids to an answer that an operation made itself.
  Response stamp(Response answer, RequestIds ids);
}
