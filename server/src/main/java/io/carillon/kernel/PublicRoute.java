package io.carillon.kernel;

import io.carillon.http.Handler;

/// Paths of a service that are not AWS's and that need no signature, since they carry a token.
///
/// @param prefix of the paths; no bucket can have such a name
/// @param forPeople whether people follow links to them, so that web pages of other sites must not
public record PublicRoute(String prefix, Handler handler, boolean forPeople) {}
