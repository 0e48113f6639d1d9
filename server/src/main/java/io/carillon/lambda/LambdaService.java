package io.carillon.lambda;

import io.carillon.aws.Authorizer;
import io.carillon.aws.Caller;
import io.carillon.aws.Need;
import io.carillon.aws.Operations;
import io.carillon.aws.ResourcePolicies;
import io.carillon.base.Arn;
import io.carillon.base.Ids;
import io.carillon.lambda.runtime.CodeFolders;
import io.carillon.lambda.runtime.Environments;
import io.carillon.lambda.runtime.Runtimes;
import io.carillon.outbox.Delivery;
import io.carillon.outbox.Outbox;
import io.carillon.outbox.Recipient;
import io.carillon.policy.KnownPrincipals;
import io.carillon.store.Blobs;
import io.carillon.store.Database;
import io.carillon.trace.Trace;
import java.net.URI;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.lambda.model.AddPermissionRequest;
import software.amazon.awssdk.services.lambda.model.CreateAliasRequest;
import software.amazon.awssdk.services.lambda.model.CreateFunctionRequest;
import software.amazon.awssdk.services.lambda.model.DeleteAliasRequest;
import software.amazon.awssdk.services.lambda.model.DeleteFunctionConcurrencyRequest;
import software.amazon.awssdk.services.lambda.model.DeleteFunctionEventInvokeConfigRequest;
import software.amazon.awssdk.services.lambda.model.DeleteFunctionRequest;
import software.amazon.awssdk.services.lambda.model.GetAccountSettingsRequest;
import software.amazon.awssdk.services.lambda.model.GetAliasRequest;
import software.amazon.awssdk.services.lambda.model.GetFunctionCodeSigningConfigRequest;
import software.amazon.awssdk.services.lambda.model.GetFunctionConcurrencyRequest;
import software.amazon.awssdk.services.lambda.model.GetFunctionConfigurationRequest;
import software.amazon.awssdk.services.lambda.model.GetFunctionEventInvokeConfigRequest;
import software.amazon.awssdk.services.lambda.model.GetFunctionRecursionConfigRequest;
import software.amazon.awssdk.services.lambda.model.GetFunctionRequest;
import software.amazon.awssdk.services.lambda.model.GetFunctionUrlConfigRequest;
import software.amazon.awssdk.services.lambda.model.GetPolicyRequest;
import software.amazon.awssdk.services.lambda.model.GetProvisionedConcurrencyConfigRequest;
import software.amazon.awssdk.services.lambda.model.GetRuntimeManagementConfigRequest;
import software.amazon.awssdk.services.lambda.model.InvokeRequest;
import software.amazon.awssdk.services.lambda.model.ListAliasesRequest;
import software.amazon.awssdk.services.lambda.model.ListEventSourceMappingsRequest;
import software.amazon.awssdk.services.lambda.model.ListFunctionEventInvokeConfigsRequest;
import software.amazon.awssdk.services.lambda.model.ListFunctionUrlConfigsRequest;
import software.amazon.awssdk.services.lambda.model.ListFunctionsRequest;
import software.amazon.awssdk.services.lambda.model.ListProvisionedConcurrencyConfigsRequest;
import software.amazon.awssdk.services.lambda.model.ListTagsRequest;
import software.amazon.awssdk.services.lambda.model.ListVersionsByFunctionRequest;
import software.amazon.awssdk.services.lambda.model.PublishVersionRequest;
import software.amazon.awssdk.services.lambda.model.PutFunctionConcurrencyRequest;
import software.amazon.awssdk.services.lambda.model.PutFunctionEventInvokeConfigRequest;
import software.amazon.awssdk.services.lambda.model.PutFunctionRecursionConfigRequest;
import software.amazon.awssdk.services.lambda.model.PutRuntimeManagementConfigRequest;
import software.amazon.awssdk.services.lambda.model.RemovePermissionRequest;
import software.amazon.awssdk.services.lambda.model.TagResourceRequest;
import software.amazon.awssdk.services.lambda.model.UntagResourceRequest;
import software.amazon.awssdk.services.lambda.model.UpdateAliasRequest;
import software.amazon.awssdk.services.lambda.model.UpdateFunctionCodeRequest;
import software.amazon.awssdk.services.lambda.model.UpdateFunctionConfigurationRequest;
import software.amazon.awssdk.services.lambda.model.UpdateFunctionEventInvokeConfigRequest;

/// Lambda: the service, put together.
public final class LambdaService {
  private static final int ASYNC_CONCURRENCY =
      Math.max(8, 4 * Runtime.getRuntime().availableProcessors());

  private final Database database;
  private final Runtimes runtimes;
  private final Functions functions = new Functions();
  private final FunctionOperations operations;
  private final VersionOperations versions;
  private final FunctionPolicies policies;
  private final EventInvokeConfigs eventConfigs;
  private final ConcurrencyLimits limits;
  private final RecursionConfigs recursion;
  private final FunctionTags tags;
  private final UnsupportedConfigurations absent;
  private final Invocations invocations;
  private final CodeLinks links;
  private final Map<String, Delivery> deliveries;

  /// @param principals whom policies of functions may name
  /// @param recipients by the service of a destination's ARN (`lambda`, `sns`, `sqs`); read at each
  ///   use, so they may be filled in later
  /// @param endpoint where clients reach this server, for links to code
  public LambdaService(
      Database database,
      Blobs blobs,
      Outbox outbox,
      Trace trace,
      Ids ids,
      InstantSource clock,
      Authorizer authorizer,
      KnownPrincipals principals,
      Map<String, Recipient> recipients,
      RoleSource roleSource,
      CodeSource source,
      Environments environments,
      Runtimes runtimes,
      CodeFolders folders,
      Supplier<URI> endpoint) {
    this.database = database;
    this.runtimes = runtimes;
    this.links = new CodeLinks(blobs, endpoint, clock);
    this.absent = new UnsupportedConfigurations(database, functions);
    this.tags = new FunctionTags(database, functions, ids);
    this.versions = new VersionOperations(database, functions, blobs, ids);
    this.policies = new FunctionPolicies(database, functions, principals, ids);
    ExecutionRoles roles = new ExecutionRoles(roleSource, authorizer, clock, ids);
    this.eventConfigs = new EventInvokeConfigs(database, functions, roles);
    this.limits = new ConcurrencyLimits(database, functions, ASYNC_CONCURRENCY);
    this.recursion = new RecursionConfigs(database, functions);
    this.operations =
        new FunctionOperations(
            database,
            functions,
            versions,
            blobs,
            new DeploymentPackages(blobs, folders, source),
            new ConfigurationRules(
                runtimes::missingFor,
                (runtime, use) ->
                    runtimes.refusal(
                        runtime, use, LocalDate.ofInstant(clock.instant(), ZoneOffset.UTC))),
            roles,
            links,
            tags,
            policies,
            eventConfigs,
            ids,
            arn -> {
              environments.retire(arn.toString());
              limits.forget(arn);
            });
    this.invocations =
        new Invocations(
            database, functions, blobs, environments, outbox, authorizer, trace, clock, ids);
    this.deliveries =
        Map.of(
            AsyncInvocation.KIND,
            new InvocationDelivery(
                database,
                functions,
                eventConfigs,
                limits,
                blobs,
                environments,
                outbox,
                trace,
                clock),
            DestinationWork.KIND,
            new DestinationDelivery(recipients, roles));
  }

  /// Looks for the interpreters of the functions that there are, so that no event waits for that:
  /// asking version managers can take seconds.
  public void findInterpreters() {
    database.read(functions::runtimes).forEach(runtimes::find);
  }

  /// What Lambda can do.
  public Operations operations() {
    Operations table = Operations.of("lambda").judgingValues();
    mountFunctions(table);
    mountVersions(table);
    mountAsynchronous(table);
    mountPermissions(table);
    mountAbsent(table);
    return table;
  }

  private void mountFunctions(Operations table) {
    table
        .needing(CreateFunctionRequest.class, LambdaService::needsOfCreation, operations::create)
        .on(GetFunctionRequest.class, r -> arn(r.functionName(), r.qualifier()), operations::get)
        .on(
            GetFunctionConfigurationRequest.class,
            r -> arn(r.functionName(), r.qualifier()),
            operations::getConfiguration)
        .anywhere(ListFunctionsRequest.class, operations::list)
        .needing(
            UpdateFunctionCodeRequest.class,
            LambdaService::needsOfCodeUpdate,
            operations::updateCode)
        .needing(
            UpdateFunctionConfigurationRequest.class,
            LambdaService::needsOfConfigurationUpdate,
            operations::updateConfiguration)
        .on(
            DeleteFunctionRequest.class,
            r -> arn(r.functionName(), r.qualifier()),
            operations::delete)
        .needing(
            InvokeRequest.class,
            r -> List.of(Need.of("lambda:InvokeFunction", arn(r.functionName(), r.qualifier()))),
            invocations::invoke)
        .needing(
            TagResourceRequest.class,
            r ->
                List.of(
                    Need.of("lambda:TagResource", FunctionTags.nameOf(r.resource()).arn())
                        .tagging(r.tags())),
            tags::add)
        .needing(
            UntagResourceRequest.class,
            r ->
                List.of(
                    Need.of("lambda:UntagResource", FunctionTags.nameOf(r.resource()).arn())
                        .untagging(r.tagKeys())),
            tags::remove)
        .on(ListTagsRequest.class, r -> FunctionTags.nameOf(r.resource()).arn(), tags::list)
        .anywhere(GetAccountSettingsRequest.class, limits::account);
  }

  private void mountVersions(Operations table) {
    table
        .on(PublishVersionRequest.class, r -> whole(r.functionName()), versions::publish)
        .on(ListVersionsByFunctionRequest.class, r -> whole(r.functionName()), versions::list)
        .on(CreateAliasRequest.class, r -> whole(r.functionName()), versions::createAlias)
        .on(UpdateAliasRequest.class, r -> whole(r.functionName()), versions::updateAlias)
        .on(GetAliasRequest.class, r -> whole(r.functionName()), versions::getAlias)
        .on(ListAliasesRequest.class, r -> whole(r.functionName()), versions::listAliases)
        .on(DeleteAliasRequest.class, r -> whole(r.functionName()), versions::deleteAlias);
  }

  private void mountAsynchronous(Operations table) {
    table
        .on(
            PutFunctionEventInvokeConfigRequest.class,
            r -> whole(r.functionName()),
            eventConfigs::put)
        .on(
            UpdateFunctionEventInvokeConfigRequest.class,
            r -> whole(r.functionName()),
            eventConfigs::update)
        .on(
            GetFunctionEventInvokeConfigRequest.class,
            r -> whole(r.functionName()),
            eventConfigs::get)
        .on(
            ListFunctionEventInvokeConfigsRequest.class,
            r -> whole(r.functionName()),
            eventConfigs::list)
        .on(
            DeleteFunctionEventInvokeConfigRequest.class,
            r -> whole(r.functionName()),
            eventConfigs::delete)
        .on(PutFunctionRecursionConfigRequest.class, r -> whole(r.functionName()), recursion::put)
        .on(GetFunctionRecursionConfigRequest.class, r -> whole(r.functionName()), recursion::get)
        .on(PutFunctionConcurrencyRequest.class, r -> whole(r.functionName()), limits::put)
        .on(GetFunctionConcurrencyRequest.class, r -> whole(r.functionName()), limits::get)
        .on(DeleteFunctionConcurrencyRequest.class, r -> whole(r.functionName()), limits::delete);
  }

  private void mountAbsent(Operations table) {
    table
        .on(
            GetFunctionCodeSigningConfigRequest.class,
            r -> whole(r.functionName()),
            absent::codeSigning)
        .on(
            GetRuntimeManagementConfigRequest.class,
            r -> whole(r.functionName()),
            absent::runtimeManagement)
        .on(
            PutRuntimeManagementConfigRequest.class,
            r -> whole(r.functionName()),
            absent::putRuntimeManagement)
        .on(
            GetProvisionedConcurrencyConfigRequest.class,
            r -> arn(r.functionName(), r.qualifier()),
            absent::provisionedConcurrency)
        .on(
            ListProvisionedConcurrencyConfigsRequest.class,
            r -> whole(r.functionName()),
            absent::provisionedConcurrencies)
        .on(GetFunctionUrlConfigRequest.class, r -> whole(r.functionName()), absent::url)
        .on(ListFunctionUrlConfigsRequest.class, r -> whole(r.functionName()), absent::urls)
        .anywhere(ListEventSourceMappingsRequest.class, absent::eventSources);
  }

  private void mountPermissions(Operations table) {
    table
        .needing(
            AddPermissionRequest.class,
            r ->
                List.of(
                    Need.of("lambda:AddPermission", arn(r.functionName(), r.qualifier()))
                        .with("lambda:Principal", r.principal())
                        .with("lambda:FunctionUrlAuthType", r.functionUrlAuthTypeAsString())),
            policies::add)
        .on(
            RemovePermissionRequest.class,
            r -> arn(r.functionName(), r.qualifier()),
            policies::remove)
        .on(GetPolicyRequest.class, r -> arn(r.functionName(), r.qualifier()), policies::get);
  }

  private static Arn arn(String function, @Nullable String qualifier) {
    return FunctionName.of(function, qualifier).qualifiedArn();
  }

  /// What operations on aliases and on how a function is run need a permission on, whatever version
  /// they are about.
  ///
  /// Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html
  private static Arn whole(String function) {
    return FunctionName.of(function, null).arn();
  }

  /// To make a function is to hand its role on, and to read its code from where it lies.
  private static List<Need> needsOfCreation(CreateFunctionRequest r) {
    Arn function = FunctionName.ofNew(Caller.current(), r.functionName()).arn();
    List<Need> needs = new ArrayList<>();
    needs.addAll(
        Need.of("lambda:CreateFunction", function).andTagging("lambda:TagResource", r.tags()));
    needs.add(passRole(r.role(), function));
    if (r.code() != null) {
      addReading(needs, r.code().s3Bucket(), r.code().s3Key(), r.code().s3ObjectVersion());
    }
    return needs;
  }

  private static List<Need> needsOfCodeUpdate(UpdateFunctionCodeRequest r) {
    List<Need> needs = new ArrayList<>();
    needs.add(Need.of("lambda:UpdateFunctionCode", whole(r.functionName())));
    addReading(needs, r.s3Bucket(), r.s3Key(), r.s3ObjectVersion());
    return needs;
  }

  private static List<Need> needsOfConfigurationUpdate(UpdateFunctionConfigurationRequest r) {
    Arn function = whole(r.functionName());
    Need update = Need.of("lambda:UpdateFunctionConfiguration", function);
    return r.role() == null ? List.of(update) : List.of(update, passRole(r.role(), function));
  }

  private static Need passRole(String role, Arn function) {
    return new Need("iam:PassRole", role, Map.of())
        .with("iam:PassedToService", "lambda.amazonaws.com")
        .with("iam:AssociatedResourceArn", function);
  }

  private static void addReading(
      List<Need> needs, @Nullable String bucket, @Nullable String key, @Nullable String version) {
    if (bucket != null && key != null) {
      String action = version == null ? "s3:GetObject" : "s3:GetObjectVersion";
      needs.add(Need.of(action, Arn.object(bucket, key)).with("s3:VersionId", version));
    }
  }

  public ResourcePolicies resourcePolicies() {
    return policies::find;
  }

  /// Takes events of other services in, for functions to run on.
  public Recipient recipient() {
    return invocations::accept;
  }

  /// By kind of work.
  public Map<String, Delivery> deliveries() {
    return deliveries;
  }

  /// Serves the links that GetFunction gives out, under [CodeLinks#PATH]. They carry their own seal
  /// and need neither signature nor token.
  public CodeLinks codeLinks() {
    return links;
  }
}
