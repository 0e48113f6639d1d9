package io.carillon.lambda;

import static io.carillon.lambda.LambdaError.INVALID_PARAMETER_VALUE;
import static io.carillon.lambda.LambdaError.RESOURCE_NOT_FOUND;

import io.carillon.aws.Caller;
import io.carillon.aws.TagRules;
import io.carillon.base.Arn;
import io.carillon.base.Ids;
import io.carillon.lambda.Functions.FunctionRow;
import io.carillon.store.Database;
import java.util.Map;
import java.util.TreeMap;
import software.amazon.awssdk.services.lambda.model.ListTagsRequest;
import software.amazon.awssdk.services.lambda.model.ListTagsResponse;
import software.amazon.awssdk.services.lambda.model.TagResourceRequest;
import software.amazon.awssdk.services.lambda.model.TagResourceResponse;
import software.amazon.awssdk.services.lambda.model.UntagResourceRequest;
import software.amazon.awssdk.services.lambda.model.UntagResourceResponse;

/// Tags of functions.
///
/// Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-tags.html
final class FunctionTags {
  private static final int LIMIT = 50;

  private final Database database;
  private final Functions functions;
  private final Ids ids;

  FunctionTags(Database database, Functions functions, Ids ids) {
    this.database = database;
    this.functions = functions;
    this.ids = ids;
  }

  static Map<String, String> check(Map<String, String> tags) {
    if (tags.size() > LIMIT) {
      throw INVALID_PARAMETER_VALUE.because(
          "A function may have at most " + LIMIT + " tags, not " + tags.size() + ".");
    }
    tags.forEach(
        (key, value) -> {
          boolean reserved = TagRules.isReserved(key);
          if (key.isEmpty() || key.length() > 128 || value.length() > 256 || reserved) {
            throw INVALID_PARAMETER_VALUE.because("The tag " + key + " is not allowed.");
          }
        });
    return new TreeMap<>(tags);
  }

  TagResourceResponse add(Caller caller, TagResourceRequest r) {
    FunctionName name = nameOf(r.resource());
    database.write(
        tx -> {
          FunctionRow row = functions.require(tx, name);
          Map<String, String> all = new TreeMap<>(row.tags());
          all.putAll(r.tags());
          functions.put(tx, row.withTags(check(all), ids.uuid()));
          return all;
        });
    return TagResourceResponse.builder().build();
  }

  UntagResourceResponse remove(Caller caller, UntagResourceRequest r) {
    FunctionName name = nameOf(r.resource());
    database.write(
        tx -> {
          FunctionRow row = functions.require(tx, name);
          Map<String, String> rest = new TreeMap<>(row.tags());
          rest.keySet().removeAll(r.tagKeys());
          functions.put(tx, row.withTags(rest, ids.uuid()));
          return rest;
        });
    return UntagResourceResponse.builder().build();
  }

  ListTagsResponse list(Caller caller, ListTagsRequest r) {
    FunctionName name = nameOf(r.resource());
    return database.read(
        snapshot ->
            ListTagsResponse.builder().tags(functions.require(snapshot, name).tags()).build());
  }

  /// The function whose ARN a tagging request names. Versions and aliases, `$LATEST` included, have
  /// no tags.
  static FunctionName nameOf(String resource) {
    FunctionName name =
        Arn.tryParse(resource)
            .flatMap(FunctionName::of)
            .orElseThrow(
                () ->
                    RESOURCE_NOT_FOUND.because("The resource " + resource + " is not a function."));
    if (name.qualifier().isPresent()) {
      throw INVALID_PARAMETER_VALUE.because(
          "Tags on function aliases and versions are not supported. Please specify a function"
              + " ARN.");
    }
    return name;
  }
}
