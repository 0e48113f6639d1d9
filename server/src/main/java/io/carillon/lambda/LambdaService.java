package io.carillon.lambda;

import io.carillon.admin.AdminViews;
import io.carillon.aws.Authorizer;
import io.carillon.aws.Caller;
import io.carillon.aws.CommonError;
import io.carillon.aws.ConditionKeys;
import io.carillon.aws.ErrorDialect;
import io.carillon.aws.Need;
import io.carillon.aws.Operations;
import io.carillon.aws.ResourcePolicies;
import io.carillon.aws.ServiceSpec;
import io.carillon.base.Arn;
import io.carillon.base.Ids;
import io.carillon.base.Sealer;
import io.carillon.kernel.Chore;
import io.carillon.kernel.Kernel;
import io.carillon.kernel.PublicRoute;
import io.carillon.kernel.Service;
import io.carillon.lambda.runtime.CodeFolders;
import io.carillon.lambda.runtime.Environments;
import io.carillon.lambda.runtime.Runtimes;
import io.carillon.messaging.Recipient;
import io.carillon.outbox.Delivery;
import io.carillon.store.Blobs;
import io.carillon.store.Database;
import java.time.Duration;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Pattern;
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

/// The Lambda service.
public final class LambdaService implements Service {
  /// The largest body is a zip of 50 MB in base64.
  public static final ServiceSpec SPEC =
      ServiceSpec.of(
              "lambda", 72 << 20, LambdaService.class, new ServiceSpec.Wire.RestJson(errors()))
          .atPaths(Pattern.compile("/20[0-9]{2}-[0-9]{2}-[0-9]{2}/.*"))
          .with(
              ConditionKeys.NONE.with(
                  "lambda:SourceFunctionArn", (caller, _) -> caller.session().function()));

  private static final int ASYNC_CONCURRENCY =
      Math.max(8, 4 * Runtime.getRuntime().availableProcessors());

  private final Database database;
  private final Runtimes runtimes;
  private final Functions functions = new Functions();
  private final CreateFunction create;
  private final GetFunction get;
  private final ListFunctions list;
  private final UpdateFunctionCode updateCode;
  private final UpdateFunctionConfiguration updateConfiguration;
  private final DeleteFunction delete;
  private final VersionOperations versions;
  private final FunctionPolicies policies;
  private final EventInvokeConfigs eventConfigs;
  private final ConcurrencyLimits limits;
  private final RecursionConfigs recursion;
  private final FunctionTags tags;
  private final UnsupportedConfigurations unsupported;
  private final Invocations invocations;
  private final Recipient recipient;
  private final CodeLinks links;
  private final AdminViews adminViews;
  private final Map<String, Delivery> deliveries;

  public LambdaService(
      Kernel kernel,
      RoleSource roleSource,
      CodeSource source,
      Environments environments,
      Runtimes runtimes,
      CodeFolders folders,
      Sealer sealer) {
    Blobs blobs = kernel.blobs();
    Ids ids = kernel.ids();
    InstantSource clock = kernel.clock();
    Authorizer authorizer = kernel.authorizer();
    this.database = kernel.database();
    this.runtimes = runtimes;
    this.links = new CodeLinks(blobs, kernel.endpoint(), clock, sealer);
    this.unsupported = new UnsupportedConfigurations(database, functions);
    this.tags = new FunctionTags(database, functions, ids);
    this.versions = new VersionOperations(database, functions, blobs, ids);
    this.policies = new FunctionPolicies(database, functions, kernel.principals(), ids);
    ExecutionRoles roles = new ExecutionRoles(database, roleSource, authorizer, clock, ids);
    this.eventConfigs = new EventInvokeConfigs(database, functions, roles);
    this.limits = new ConcurrencyLimits(database, functions, ASYNC_CONCURRENCY);
    this.recursion = new RecursionConfigs(database, functions);
    DeploymentPackages packages = new DeploymentPackages(blobs, folders, source);
    ConfigurationRules rules =
        new ConfigurationRules(
            runtimes::missingFor,
            (runtime, use) ->
                runtimes.refusal(
                    runtime, use, LocalDate.ofInstant(clock.instant(), ZoneOffset.UTC)));
    Consumer<Arn> retire = arn -> environments.retire(arn.toString());
    this.create = new CreateFunction(kernel, functions, versions, packages, rules, roles);
    this.get = new GetFunction(database, functions, links);
    this.list = new ListFunctions(database, functions, versions);
    this.updateCode = new UpdateFunctionCode(kernel, functions, versions, packages, rules, retire);
    this.updateConfiguration =
        new UpdateFunctionConfiguration(kernel, functions, rules, roles, retire);
    this.delete = new DeleteFunction(kernel, functions, versions, policies, eventConfigs, retire);
    TraceHeaders traceHeaders = new TraceHeaders(clock, ids);
    this.invocations = new Invocations(kernel, functions, environments, traceHeaders);
    this.recipient = new FunctionRecipient(kernel, functions, traceHeaders);
    this.adminViews =
        new AdminViews()
            .finding("runtimes", runtimes::describe)
            .gauge("execution_environments", () -> environments.counts().environments());
    this.deliveries =
        Map.of(
            AsyncInvocation.KIND,
            new InvocationDelivery(kernel, functions, eventConfigs, limits, environments),
            DestinationWork.KIND,
            new DestinationDelivery(kernel.recipients(), roles));
  }

  /// Finds the interpreters of all existing functions in advance: asking version managers can take
  /// seconds, for which no event should wait.
  private void findInterpreters() {
    database.read(functions::runtimes).forEach(runtimes::find);
  }

  @Override
  public ServiceSpec spec() {
    return SPEC;
  }

  @Override
  public Operations operations() {
    Operations table = Operations.of(SPEC).validatingValues();
    mountFunctions(table);
    mountVersions(table);
    mountAsynchronous(table);
    mountPermissions(table);
    mountUnsupported(table);
    return table;
  }

  private void mountFunctions(Operations table) {
    table
        .needing(CreateFunctionRequest.class, CreateFunction::needs, create::run)
        .on(GetFunctionRequest.class, (c, r) -> arn(c, r.functionName(), r.qualifier()), get::run)
        .on(
            GetFunctionConfigurationRequest.class,
            (c, r) -> arn(c, r.functionName(), r.qualifier()),
            get::configuration)
        .anywhere(ListFunctionsRequest.class, list::run)
        .needing(UpdateFunctionCodeRequest.class, UpdateFunctionCode::needs, updateCode::run)
        .needing(
            UpdateFunctionConfigurationRequest.class,
            UpdateFunctionConfiguration::needs,
            updateConfiguration::run)
        .on(
            DeleteFunctionRequest.class,
            (c, r) -> arn(c, r.functionName(), r.qualifier()),
            delete::run)
        .needing(
            InvokeRequest.class,
            (c, r) ->
                List.of(Need.of("lambda:InvokeFunction", arn(c, r.functionName(), r.qualifier()))),
            invocations::invoke)
        .needing(
            TagResourceRequest.class,
            (_, r) ->
                List.of(
                    Need.of("lambda:TagResource", FunctionTags.nameOf(r.resource()).arn())
                        .tagging(r.tags())),
            tags::add)
        .needing(
            UntagResourceRequest.class,
            (_, r) ->
                List.of(
                    Need.of("lambda:UntagResource", FunctionTags.nameOf(r.resource()).arn())
                        .untagging(r.tagKeys())),
            tags::remove)
        .on(ListTagsRequest.class, (_, r) -> FunctionTags.nameOf(r.resource()).arn(), tags::list)
        .anywhere(GetAccountSettingsRequest.class, limits::account);
  }

  private void mountVersions(Operations table) {
    table
        .on(
            PublishVersionRequest.class,
            (c, r) -> functionArn(c, r.functionName()),
            versions::publish)
        .on(
            ListVersionsByFunctionRequest.class,
            (c, r) -> functionArn(c, r.functionName()),
            versions::list)
        .on(
            CreateAliasRequest.class,
            (c, r) -> functionArn(c, r.functionName()),
            versions::createAlias)
        .on(
            UpdateAliasRequest.class,
            (c, r) -> functionArn(c, r.functionName()),
            versions::updateAlias)
        .on(GetAliasRequest.class, (c, r) -> functionArn(c, r.functionName()), versions::getAlias)
        .on(
            ListAliasesRequest.class,
            (c, r) -> functionArn(c, r.functionName()),
            versions::listAliases)
        .on(
            DeleteAliasRequest.class,
            (c, r) -> functionArn(c, r.functionName()),
            versions::deleteAlias);
  }

  private void mountAsynchronous(Operations table) {
    table
        .on(
            PutFunctionEventInvokeConfigRequest.class,
            (c, r) -> functionArn(c, r.functionName()),
            eventConfigs::put)
        .on(
            UpdateFunctionEventInvokeConfigRequest.class,
            (c, r) -> functionArn(c, r.functionName()),
            eventConfigs::update)
        .on(
            GetFunctionEventInvokeConfigRequest.class,
            (c, r) -> functionArn(c, r.functionName()),
            eventConfigs::get)
        .on(
            ListFunctionEventInvokeConfigsRequest.class,
            (c, r) -> functionArn(c, r.functionName()),
            eventConfigs::list)
        .on(
            DeleteFunctionEventInvokeConfigRequest.class,
            (c, r) -> functionArn(c, r.functionName()),
            eventConfigs::delete)
        .on(
            PutFunctionRecursionConfigRequest.class,
            (c, r) -> functionArn(c, r.functionName()),
            recursion::put)
        .on(
            GetFunctionRecursionConfigRequest.class,
            (c, r) -> functionArn(c, r.functionName()),
            recursion::get)
        .on(
            PutFunctionConcurrencyRequest.class,
            (c, r) -> functionArn(c, r.functionName()),
            limits::put)
        .on(
            GetFunctionConcurrencyRequest.class,
            (c, r) -> functionArn(c, r.functionName()),
            limits::get)
        .on(
            DeleteFunctionConcurrencyRequest.class,
            (c, r) -> functionArn(c, r.functionName()),
            limits::delete);
  }

  private void mountUnsupported(Operations table) {
    table
        .on(
            GetFunctionCodeSigningConfigRequest.class,
            (c, r) -> functionArn(c, r.functionName()),
            unsupported::codeSigning)
        .on(
            GetRuntimeManagementConfigRequest.class,
            (c, r) -> functionArn(c, r.functionName()),
            unsupported::runtimeManagement)
        .on(
            PutRuntimeManagementConfigRequest.class,
            (c, r) -> functionArn(c, r.functionName()),
            unsupported::putRuntimeManagement)
        .on(
            GetProvisionedConcurrencyConfigRequest.class,
            (c, r) -> arn(c, r.functionName(), r.qualifier()),
            unsupported::provisionedConcurrency)
        .on(
            ListProvisionedConcurrencyConfigsRequest.class,
            (c, r) -> functionArn(c, r.functionName()),
            unsupported::provisionedConcurrencies)
        .on(
            GetFunctionUrlConfigRequest.class,
            (c, r) -> functionArn(c, r.functionName()),
            unsupported::url)
        .on(
            ListFunctionUrlConfigsRequest.class,
            (c, r) -> functionArn(c, r.functionName()),
            unsupported::urls)
        .anywhere(ListEventSourceMappingsRequest.class, unsupported::eventSources);
  }

  private void mountPermissions(Operations table) {
    table
        .needing(
            AddPermissionRequest.class,
            (c, r) ->
                List.of(
                    Need.of("lambda:AddPermission", arn(c, r.functionName(), r.qualifier()))
                        .with("lambda:Principal", r.principal())
                        .with("lambda:FunctionUrlAuthType", r.functionUrlAuthTypeAsString())),
            policies::add)
        .on(
            RemovePermissionRequest.class,
            (c, r) -> arn(c, r.functionName(), r.qualifier()),
            policies::remove)
        .on(
            GetPolicyRequest.class,
            (c, r) -> arn(c, r.functionName(), r.qualifier()),
            policies::get);
  }

  private static Arn arn(Caller caller, String function, @Nullable String qualifier) {
    return FunctionName.of(caller, function, qualifier).qualifiedArn();
  }

  /// The resource whose permission is checked by operations on aliases and function settings,
  /// whatever the qualifier: the function.
  ///
  /// Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html
  private static Arn functionArn(Caller caller, String function) {
    return FunctionName.of(caller, function, null).arn();
  }

  @Override
  public Optional<ResourcePolicies> resourcePolicies() {
    return Optional.of(policies::find);
  }

  /// Accepts events of other services for asynchronous invocation.
  @Override
  public Optional<Recipient> recipient() {
    return Optional.of(recipient);
  }

  /// By kind of work.
  @Override
  public Map<String, Delivery> deliveries() {
    return deliveries;
  }

  /// The links that GetFunction returns. They carry an HMAC and need no request signature.
  @Override
  public AdminViews adminViews() {
    return adminViews;
  }

  @Override
  public List<PublicRoute> pages() {
    return List.of(new PublicRoute(CodeLinks.PATH, links, false));
  }

  @Override
  public List<Chore> chores() {
    return List.of(Chore.ofEachNode(Duration.ZERO, Duration.ofDays(1), this::findInterpreters));
  }

  private static ErrorDialect errors() {
    return ErrorDialect.common()
        .map(CommonError.ACCESS_DENIED, "AccessDeniedException", 403)
        .map(CommonError.INTERNAL_FAILURE, "ServiceException", 500)
        .map(CommonError.INVALID_ACTION, "UnknownOperationException", 404)
        .map(CommonError.INVALID_CLIENT_TOKEN_ID, "UnrecognizedClientException", 403)
        .map(CommonError.INVALID_PARAMETER_VALUE, "InvalidParameterValueException", 400)
        .map(CommonError.MISSING_AUTHENTICATION_TOKEN, "MissingAuthenticationTokenException", 403)
        .map(CommonError.MISSING_PARAMETER, "ValidationException", 400)
        .map(CommonError.REQUEST_ENTITY_TOO_LARGE, "RequestEntityTooLargeException", 413)
        .map(CommonError.SERIALIZATION, "InvalidRequestContentException", 400)
        .map(CommonError.SERVICE_UNAVAILABLE, "ServiceException", 503)
        .map(CommonError.THROTTLING, "TooManyRequestsException", 429)
        .map(CommonError.VALIDATION, "ValidationException", 400);
  }
}
