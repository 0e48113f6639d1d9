package io.carillon.policy;

import java.util.Locale;

/// The request to decide: may `requester` do `action` on `resource`?
///
/// @param action with its service prefix; kept in lower case, since AWS compares actions without
///   case
/// @param resource an ARN; `*` for actions without a resource
public record AuthorizationRequest(
    String action, String resource, Requester requester, Context context) {
  public AuthorizationRequest {
    action = action.toLowerCase(Locale.ROOT);
  }
}
