package io.carillon.sns.http;

import java.io.IOException;
import java.io.InterruptedIOException;
import org.apache.hc.client5.http.HttpRequestRetryStrategy;
import org.apache.hc.core5.http.EndpointDetails;
import org.apache.hc.core5.http.HttpRequest;
import org.apache.hc.core5.http.HttpResponse;
import org.apache.hc.core5.http.protocol.HttpContext;
import org.apache.hc.core5.http.protocol.HttpCoreContext;
import org.apache.hc.core5.util.TimeValue;

/// Retries at once when a reused connection turns out to be closed; this does not count as an
/// attempt. The endpoint may have read the message, as with every attempt without a response.
///
/// @param maxRetries the number of pooled connections
record StaleConnections(int maxRetries) implements HttpRequestRetryStrategy {
  @Override
  public boolean retryRequest(
      HttpRequest request, IOException failure, int executions, HttpContext context) {
    EndpointDetails connection = HttpCoreContext.cast(context).getEndpointDetails();
    boolean isReused = connection != null && connection.getResponseCount() > 0;
    return isReused && executions <= maxRetries && !(failure instanceof InterruptedIOException);
  }

  @Override
  public boolean retryRequest(HttpResponse response, int executions, HttpContext context) {
    return false;
  }

  @Override
  public TimeValue getRetryInterval(HttpResponse response, int executions, HttpContext context) {
    return TimeValue.ZERO_MILLISECONDS;
  }
}
