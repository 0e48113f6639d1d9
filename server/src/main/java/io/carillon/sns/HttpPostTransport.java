package io.carillon.sns;

import io.carillon.outbox.DeliveryOutcome;
import java.net.URI;
import java.util.Map;

/// Posts messages to HTTP and HTTPS endpoints.
@FunctionalInterface
public interface HttpPostTransport {

  /// @return [DeliveryOutcome.Done] for 2xx, [DeliveryOutcome.Retry] where another attempt may help
  ///   (5xx, 429, timeouts, failed connections), [DeliveryOutcome.Rejected] otherwise
  DeliveryOutcome post(Post post);

  /// @param headers all headers to send, content type included
  record Post(URI endpoint, Map<String, String> headers, byte[] body) {}
}
