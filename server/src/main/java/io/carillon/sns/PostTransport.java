package io.carillon.sns;

import io.carillon.outbox.Outcome;
import java.net.URI;
import java.util.Map;

/// Posts messages to HTTP and HTTPS endpoints.
@FunctionalInterface
public interface PostTransport {

  /// @return [Outcome.Done] for 2xx, [Outcome.Retry] where another try may help (5xx, 429,
  ///   timeouts, failed connections), [Outcome.Rejected] otherwise
  Outcome post(Post post);

  /// @param headers all that are to be sent, content type included
  record Post(URI endpoint, Map<String, String> headers, byte[] body) {}
}
