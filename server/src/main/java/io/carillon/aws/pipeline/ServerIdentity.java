package io.carillon.aws.pipeline;

import io.carillon.base.AccountId;
import java.net.URI;
import java.util.List;
import java.util.Optional;

/// The names by which clients address this server.
///
/// @param baseHosts its host names, under which buckets have subdomains
/// @param publicUrl its public URL, if it differs
/// @param account the account of requests that name none
public record ServerIdentity(List<String> baseHosts, Optional<URI> publicUrl, AccountId account) {}
