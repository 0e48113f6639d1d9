package io.carillon.aws.protocol;

import java.io.IOException;
import software.amazon.awssdk.core.SdkPojo;

/// A request whose operation is known, and whose input has not been read yet.
public interface MatchedRequest {

  Model.Entry operation();

  /// Reads the input.
  ///
  /// @param type the operation's request class
  /// @param withBody whether to read the body; streaming operations read it themselves
  /// @throws io.carillon.aws.AwsException where it does not match the operation's shape
  SdkPojo input(Class<?> type, boolean withBody) throws IOException;
}
