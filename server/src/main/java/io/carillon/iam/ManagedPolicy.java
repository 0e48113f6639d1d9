package io.carillon.iam;

import java.time.Instant;
import java.util.List;
import java.util.Map;

/// A row: a managed policy with its versions. AWS's policies have the account `aws`.
///
/// @param defaultVersion such as `v1`
/// @param made number of versions ever created; ids are not reused
/// @param versions oldest first
record ManagedPolicy(
    String account,
    String path,
    String name,
    String id,
    String description,
    Instant created,
    Instant updated,
    String defaultVersion,
    int made,
    List<Version> versions,
    Map<String, String> tags) {
  static final String OF_AWS = "aws";

  record Version(String id, String document, Instant created) {}

  String arn() {
    return "arn:aws:iam::" + account + ":policy" + path + name;
  }

  boolean isOfAws() {
    return account.equals(OF_AWS);
  }

  /// The document of the default version.
  String document() {
    return version(defaultVersion).document();
  }

  Version version(String versionId) {
    return versions.stream()
        .filter(v -> v.id().equals(versionId))
        .findFirst()
        .orElseThrow(
            () ->
                IamError.NO_SUCH_ENTITY.because(
                    "Policy " + arn() + " version " + versionId + " does not exist."));
  }

  ManagedPolicy withVersions(List<Version> other, String otherDefault, int otherMade, Instant now) {
    return new ManagedPolicy(
        account,
        path,
        name,
        id,
        description,
        created,
        now,
        otherDefault,
        otherMade,
        List.copyOf(other),
        tags);
  }

  ManagedPolicy withTags(Map<String, String> other) {
    return new ManagedPolicy(
        account,
        path,
        name,
        id,
        description,
        created,
        updated,
        defaultVersion,
        made,
        versions,
        other);
  }
}
