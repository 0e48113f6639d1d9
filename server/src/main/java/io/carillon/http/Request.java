package io.carillon.http;

import java.net.InetSocketAddress;

/// One request as received.
///
/// @param method as sent, such as `PUT`
/// @param rawPath the path, undecoded and unnormalized: `/b/a%2Fb//../c`
/// @param rawQuery the part after the `?`, undecoded; empty if there is none
/// @param headers as sent
/// @param body streamed while it is read
/// @param socket its connection
/// @param secure whether it was received over TLS
public record Request(
    String method,
    String rawPath,
    String rawQuery,
    Headers headers,
    Body body,
    ClientSocket socket,
    boolean secure) {

  /// A request without information about its connection.
  ///
  /// @param remote the sender
  public Request(
      String method,
      String rawPath,
      String rawQuery,
      Headers headers,
      Body body,
      InetSocketAddress remote,
      boolean secure) {
    this(method, rawPath, rawQuery, headers, body, new ClientSocket(remote, remote), secure);
  }

  /// The sender.
  public InetSocketAddress remote() {
    return socket.remote();
  }

  public Request withBody(Body other) {
    return new Request(method, rawPath, rawQuery, headers, other, socket, secure);
  }
}
