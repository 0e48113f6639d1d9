package io.carillon.lambda;

import static io.carillon.lambda.LambdaError.INVALID_PARAMETER_VALUE;
import static io.carillon.lambda.LambdaError.PRECONDITION_FAILED;
import static io.carillon.lambda.LambdaError.RESOURCE_CONFLICT;
import static io.carillon.lambda.LambdaError.RESOURCE_NOT_FOUND;
import static io.carillon.lambda.LambdaError.unsupported;

import io.carillon.aws.AwsException;
import io.carillon.aws.Caller;
import io.carillon.base.Ids;
import io.carillon.lambda.Functions.AliasRow;
import io.carillon.lambda.Functions.FunctionRow;
import io.carillon.store.Blobs;
import io.carillon.store.Database;
import io.carillon.store.Snapshot;
import io.carillon.store.Tx;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.lambda.model.AliasConfiguration;
import software.amazon.awssdk.services.lambda.model.AliasRoutingConfiguration;
import software.amazon.awssdk.services.lambda.model.CreateAliasRequest;
import software.amazon.awssdk.services.lambda.model.DeleteAliasRequest;
import software.amazon.awssdk.services.lambda.model.DeleteAliasResponse;
import software.amazon.awssdk.services.lambda.model.FunctionConfiguration;
import software.amazon.awssdk.services.lambda.model.GetAliasRequest;
import software.amazon.awssdk.services.lambda.model.ListAliasesRequest;
import software.amazon.awssdk.services.lambda.model.ListAliasesResponse;
import software.amazon.awssdk.services.lambda.model.ListVersionsByFunctionRequest;
import software.amazon.awssdk.services.lambda.model.ListVersionsByFunctionResponse;
import software.amazon.awssdk.services.lambda.model.PublishVersionRequest;
import software.amazon.awssdk.services.lambda.model.UpdateAliasRequest;

/// Published versions, which are immutable, and aliases, which point to one.
///
/// Sources: https://docs.aws.amazon.com/lambda/latest/dg/configuration-versions.html and
/// `configuration-aliases.html`
final class VersionOperations {
  private static final int PAGE = 50;
  private static final int ALL = Integer.MAX_VALUE;
  private static final Pattern ALIAS = Pattern.compile("(?![0-9]+$)[a-zA-Z0-9_-]{1,128}");

  private final Database database;
  private final Functions functions;
  private final Blobs blobs;
  private final Ids ids;

  VersionOperations(Database database, Functions functions, Blobs blobs, Ids ids) {
    this.database = database;
    this.functions = functions;
    this.blobs = blobs;
    this.ids = ids;
  }

  FunctionConfiguration publish(Caller caller, PublishVersionRequest r) {
    FunctionName name = FunctionName.of(caller, r.functionName(), null).unqualified();
    if (r.publishTo() != null) {
      throw unsupported("PublishTo");
    }
    return database.write(
        tx -> {
          FunctionRow row = functions.require(tx, name);
          row.latest().requireRevision(r.revisionId());
          String digest = FunctionResponses.base64(row.latest().deployment().sha256());
          if (r.codeSha256() != null && !r.codeSha256().equals(digest)) {
            throw INVALID_PARAMETER_VALUE.because(
                "CodeSHA256 (%s) is different from current CodeSHA256 in $LATEST (%s). Please try again with the CodeSHA256 in $LATEST."
                    .formatted(r.codeSha256(), digest));
          }
          FunctionVersion version = publish(tx, row, r.description());
          boolean isNew = !version.version().equals(Long.toString(row.lastVersion()));
          return isNew
              ? FunctionResponses.created(version, true, ids.uuid()).build()
              : FunctionResponses.current(version, true).build();
        });
  }

  /// Publishes `$LATEST`; returns the last published version if nothing has changed since.
  FunctionVersion publish(Tx tx, FunctionRow row, @Nullable String description) {
    FunctionVersion latest = row.latest();
    FunctionName name = latest.functionName();
    if (latest.revisionId().equals(row.publishedRevision())) {
      String last = Long.toString(row.lastVersion());
      var unchanged = functions.findVersion(tx, name.withQualifier(last));
      if (unchanged.isPresent()) {
        return unchanged.get();
      }
    }
    long number = row.lastVersion() + 1;
    FunctionVersion version =
        latest.published(
            Long.toString(number),
            description == null ? latest.configuration().description() : description,
            ids.uuid());
    blobs.retain(tx, version.deployment().archive());
    functions.putVersion(tx, version);
    functions.put(tx, row.withLastVersion(number, latest.revisionId()));
    return version;
  }

  /// `$LATEST`, and the published versions if `all`.
  Stream<FunctionVersion> of(Snapshot snapshot, FunctionVersion latest, boolean all) {
    return all
        ? Stream.concat(
            Stream.of(latest), functions.versions(snapshot, latest.functionName(), 0, ALL).stream())
        : Stream.of(latest);
  }

  ListVersionsByFunctionResponse list(Caller caller, ListVersionsByFunctionRequest r) {
    FunctionName name = FunctionName.of(caller, r.functionName(), null).unqualified();
    int limit = LambdaPages.limit(r.maxItems(), PAGE);
    String marker = LambdaPages.after(r.marker());
    if (!marker.isEmpty() && !Functions.isNumber(marker)) {
      throw INVALID_PARAMETER_VALUE.because("Invalid Marker: " + r.marker());
    }
    long after = marker.isEmpty() ? 0 : Long.parseLong(marker);
    return database.read(
        snapshot -> {
          FunctionVersion latest = functions.require(snapshot, name).latest();
          List<FunctionVersion> found = functions.versions(snapshot, name, after, limit + 1);
          Stream<FunctionVersion> page = found.stream().limit(limit);
          if (after == 0) {
            page = Stream.concat(Stream.of(latest), page);
          }
          return ListVersionsByFunctionResponse.builder()
              .versions(page.map(v -> FunctionResponses.listEntry(v, true).build()).toList())
              .nextMarker(
                  found.size() > limit ? LambdaPages.marker(found.get(limit - 1).version()) : null)
              .build();
        });
  }

  /// Deletes one published version, which no alias may reference.
  void delete(Tx tx, FunctionName name) {
    String number = name.qualifier().orElse("");
    if (!Functions.isNumber(number)) {
      throw INVALID_PARAMETER_VALUE.because(
          "$LATEST version cannot be deleted without deleting the function, and an alias is deleted"
              + " by DeleteAlias.");
    }
    FunctionVersion version = functions.requireVersion(tx, name);
    for (AliasRow alias : functions.aliases(tx, name, "", ALL)) {
      if (alias.version().equals(number)) {
        throw RESOURCE_CONFLICT.because("The version is referenced by the alias " + alias.name());
      }
    }
    remove(tx, version);
  }

  private void remove(Tx tx, FunctionVersion version) {
    blobs.release(tx, version.deployment().archive());
    functions.deleteVersion(tx, version);
  }

  void deleteAll(Tx tx, FunctionName name) {
    functions.versions(tx, name, 0, ALL).forEach(version -> remove(tx, version));
    functions
        .aliases(tx, name, "", ALL)
        .forEach(alias -> functions.deleteAlias(tx, name, alias.name()));
  }

  AliasConfiguration createAlias(Caller caller, CreateAliasRequest r) {
    FunctionName name = FunctionName.of(caller, r.functionName(), null).unqualified();
    refuseRouting(r.routingConfig());
    if (!ALIAS.matcher(r.name()).matches()) {
      throw LambdaError.constraint(
          r.name(),
          "name",
          "Member must satisfy regular expression pattern: (?!^[0-9]+$)([a-zA-Z0-9-_]+)");
    }
    return database.write(
        tx -> {
          requireTarget(tx, name, r.functionVersion());
          if (functions.findAlias(tx, name, r.name()).isPresent()) {
            throw RESOURCE_CONFLICT.because("Alias already exists: " + arn(name, r.name()));
          }
          String description = r.description() == null ? "" : r.description();
          AliasRow alias = new AliasRow(r.name(), r.functionVersion(), description, ids.uuid());
          functions.putAlias(tx, name, alias);
          return response(name, alias);
        });
  }

  AliasConfiguration updateAlias(Caller caller, UpdateAliasRequest r) {
    FunctionName name = FunctionName.of(caller, r.functionName(), null).unqualified();
    refuseRouting(r.routingConfig());
    return database.write(
        tx -> {
          AliasRow old = requireAlias(tx, name, r.name());
          if (r.revisionId() != null && !r.revisionId().equals(old.revisionId())) {
            throw PRECONDITION_FAILED.exception();
          }
          String version = r.functionVersion() == null ? old.version() : r.functionVersion();
          requireTarget(tx, name, version);
          String description = r.description() == null ? old.description() : r.description();
          AliasRow alias = new AliasRow(old.name(), version, description, ids.uuid());
          functions.putAlias(tx, name, alias);
          return response(name, alias);
        });
  }

  AliasConfiguration getAlias(Caller caller, GetAliasRequest r) {
    FunctionName name = FunctionName.of(caller, r.functionName(), null).unqualified();
    return database.read(snapshot -> response(name, requireAlias(snapshot, name, r.name())));
  }

  ListAliasesResponse listAliases(Caller caller, ListAliasesRequest r) {
    FunctionName name = FunctionName.of(caller, r.functionName(), null).unqualified();
    int limit = LambdaPages.limit(r.maxItems(), PAGE);
    return database.read(
        snapshot -> {
          var _ = functions.require(snapshot, name);
          List<AliasRow> found =
              functions.aliases(snapshot, name, LambdaPages.after(r.marker()), limit + 1);
          return ListAliasesResponse.builder()
              .aliases(
                  found.stream()
                      .limit(limit)
                      .filter(
                          alias ->
                              r.functionVersion() == null
                                  || r.functionVersion().equals(alias.version()))
                      .map(alias -> response(name, alias))
                      .toList())
              .nextMarker(
                  found.size() > limit ? LambdaPages.marker(found.get(limit - 1).name()) : null)
              .build();
        });
  }

  DeleteAliasResponse deleteAlias(Caller caller, DeleteAliasRequest r) {
    FunctionName name = FunctionName.of(caller, r.functionName(), null).unqualified();
    database.write(
        tx -> {
          functions.deleteAlias(
              tx, name, r.name()); // deleting what is not there succeeds, as on AWS
          return name;
        });
    return DeleteAliasResponse.builder().build();
  }

  private static void refuseRouting(@Nullable AliasRoutingConfiguration routing) {
    if (routing != null && !routing.additionalVersionWeights().isEmpty()) {
      throw unsupported("RoutingConfig");
    }
  }

  private void requireTarget(Snapshot snapshot, FunctionName name, String version) {
    if (!version.equals(FunctionName.LATEST) && !Functions.isNumber(version)) {
      throw LambdaError.constraint(
          version,
          "functionVersion",
          "Member must satisfy regular expression pattern: (\\$LATEST|[0-9]+)");
    }
    var _ = functions.requireVersion(snapshot, name.withQualifier(version));
  }

  private AliasRow requireAlias(Snapshot snapshot, FunctionName name, String alias) {
    return functions.findAlias(snapshot, name, alias).orElseThrow(() -> aliasNotFound(name, alias));
  }

  private static AwsException aliasNotFound(FunctionName name, String alias) {
    return RESOURCE_NOT_FOUND.because("Cannot find alias arn: " + arn(name, alias));
  }

  private static String arn(FunctionName name, String alias) {
    return name.withQualifier(alias).qualifiedArn().toString();
  }

  private static AliasConfiguration response(FunctionName name, AliasRow alias) {
    return AliasConfiguration.builder()
        .aliasArn(arn(name, alias.name()))
        .name(alias.name())
        .functionVersion(alias.version())
        .description(alias.description())
        .revisionId(alias.revisionId())
        .build();
  }
}
