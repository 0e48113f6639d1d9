package io.carillon.policy;

import java.util.Locale;

/// What is asked: may `requester` do `action` to `resource`?
///
/// @param action with its service prefix; kept in lower case, for AWS compares actions without case
/// @param resource an ARN; `*` for actions that know no resource
public record AuthorizationRequest(
    String action, String resource, Requester requester, Context context) {
  public AuthorizationRequest {
    action = action.toLowerCase(Locale.ROOT);
  }
}
