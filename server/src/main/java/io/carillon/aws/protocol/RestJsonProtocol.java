package io.carillon.aws.protocol;

import io.carillon.aws.AwsException;
import io.carillon.aws.CommonError;
import io.carillon.aws.ServiceSpec;
import io.carillon.aws.protocol.MemberType.Scalar;
import io.carillon.aws.protocol.MemberType.Struct;
import io.carillon.http.Body;
import io.carillon.http.Request;
import io.carillon.http.Response;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.core.SdkPojo;

/// REST paths with JSON bodies: Lambda.
public final class RestJsonProtocol implements Protocol {
  private static final String JSON = "application/json";

  /// Statuses other than 200; the SDK's classes do not have them.
  ///
  /// Source: "Response Syntax" of each operation in
  /// https://docs.aws.amazon.com/lambda/latest/api/API_Operations.html
  private static final Map<String, Integer> STATUS =
      Map.ofEntries(
          Map.entry("AddLayerVersionPermission", 201),
          Map.entry("AddPermission", 201),
          Map.entry("CreateAlias", 201),
          Map.entry("CreateCapacityProvider", 202),
          Map.entry("CreateCodeSigningConfig", 201),
          Map.entry("CreateEventSourceMapping", 202),
          Map.entry("CreateFunction", 201),
          Map.entry("CreateFunctionUrlConfig", 201),
          Map.entry("DeleteAlias", 204),
          Map.entry("DeleteCapacityProvider", 202),
          Map.entry("DeleteCodeSigningConfig", 204),
          Map.entry("DeleteEventSourceMapping", 202),
          Map.entry("DeleteFunction", 204),
          Map.entry("DeleteFunctionCodeSigningConfig", 204),
          Map.entry("DeleteFunctionConcurrency", 204),
          Map.entry("DeleteFunctionEventInvokeConfig", 204),
          Map.entry("DeleteFunctionUrlConfig", 204),
          Map.entry("DeleteLayerVersion", 204),
          Map.entry("DeleteProvisionedConcurrencyConfig", 204),
          Map.entry("InvokeAsync", 202),
          Map.entry("PublishLayerVersion", 201),
          Map.entry("PublishVersion", 201),
          Map.entry("PutFunctionScalingConfig", 202),
          Map.entry("PutProvisionedConcurrencyConfig", 202),
          Map.entry("RemoveLayerVersionPermission", 204),
          Map.entry("RemovePermission", 204),
          Map.entry("TagResource", 204),
          Map.entry("UntagResource", 204),
          Map.entry("UpdateCapacityProvider", 202),
          Map.entry("UpdateEventSourceMapping", 202));

  private static final long CODE_BYTES = 70_167_211;
  private static final long CONFIGURATION_BYTES = 5_120;

  /// Size limits that AWS checks before it reads the body.
  ///
  /// Sources: users' reports, such as https://github.com/motdotla/node-lambda/issues/123 (an older
  /// number), and https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-deployment.html
  private static final Map<String, Long> LIMITS =
      Map.of(
          "CreateFunction", CODE_BYTES,
          "PublishLayerVersion", CODE_BYTES,
          "UpdateFunctionCode", CODE_BYTES,
          "UpdateFunctionConfiguration", CONFIGURATION_BYTES);

  /// Errors whose message member is `Message`; the others use `message`. Clients that parse the
  /// body themselves, such as Terraform, distinguish the two.
  ///
  /// Source: the exceptions in botocore's model of Lambda; AccessDeniedException is not in it
  private static final Set<String> CAPITALIZED_MESSAGE =
      Set.of(
          "AccessDeniedException",
          "CodeSigningConfigNotFoundException",
          "RecursiveInvocationException",
          "ResourceNotFoundException",
          "ServiceException");

  /// Errors with a `Type` (`User` or `Service`): all errors of the model. Errors of signatures,
  /// permissions and validation, which any request can get, have none.
  private static final Set<String> MODELLED =
      Set.of(
          "CodeSigningConfigNotFoundException",
          "CodeStorageExceededException",
          "InvalidParameterValueException",
          "InvalidRequestContentException",
          "PolicyLengthExceededException",
          "PreconditionFailedException",
          "ProvisionedConcurrencyConfigNotFoundException",
          "RecursiveInvocationException",
          "RequestTooLargeException",
          "ResourceConflictException",
          "ResourceNotFoundException",
          "ServiceException",
          "TooManyRequestsException");

  private final ServiceSpec service;
  private final ServiceSpec.Wire.RestJson wire;
  private final Shapes shapes;
  private final MemberValidation validation;
  private final RestRoutes routes;
  private final RestDecoder head;
  private final JsonDecoder decoder;
  private final JsonEncoder encoder;

  public RestJsonProtocol(ServiceSpec service, ServiceSpec.Wire.RestJson wire) {
    this(service, wire, Constraints.NONE);
  }

  private RestJsonProtocol(
      ServiceSpec service, ServiceSpec.Wire.RestJson wire, Constraints constraints) {
    this.service = service;
    this.wire = wire;
    this.shapes = new Shapes(RequiredMembers.of(service));
    this.validation = new MemberValidation(shapes, service.missingMembers(), constraints);
    this.routes = new RestRoutes(Model.of(service));
    this.head = new RestDecoder(routes, (_, _) -> false, (_, _, _, _) -> {});
    this.decoder = new JsonDecoder(shapes, service.limitBytes());
    this.encoder = new JsonEncoder(shapes);
  }

  @Override
  public Protocol validatingValues() {
    return new RestJsonProtocol(service, wire, Constraints.of(service));
  }

  @Override
  public void admit(Request http, String path) {
    long declared = http.body().length().orElse(0);
    if (declared <= CONFIGURATION_BYTES) {
      return;
    }
    routes
        .find(http, path, Parameters.parse(http.rawQuery()))
        .map(found -> found.entry().name())
        .filter(name -> declared > LIMITS.getOrDefault(name, Long.MAX_VALUE))
        .ifPresent(
            name -> {
              throw CommonError.REQUEST_ENTITY_TOO_LARGE.because(
                  "Request must be smaller than %d bytes for the %s operation"
                      .formatted(LIMITS.get(name), name));
            });
  }

  @Override
  public MatchedRequest read(Request http, String path) {
    Parameters query = Parameters.parse(http.rawQuery());
    RestRoutes.Found found =
        routes
            .find(http, path, query)
            .orElseThrow(
                () ->
                    CommonError.INVALID_ACTION.because(
                        "No operation is " + http.method() + " " + path));
    return new MatchedRequest() {
      @Override
      public Model.Entry operation() {
        return found.entry();
      }

      @Override
      public SdkPojo input(Class<?> type, boolean withBody) throws IOException {
        SdkPojo builder = shapes.builder(type);
        Shape shape = shapes.of(builder);
        head.read(found, query, http, shape, builder);
        if (withBody) {
          readBody(http, shape, builder);
        }
        SdkPojo input = Shapes.build(builder);
        return withBody ? validation.validate(input) : input;
      }
    };
  }

  private void readBody(Request http, Shape shape, SdkPojo builder) throws IOException {
    Member payload = shape.payload();
    if (payload == null && shape.body().isEmpty()) {
      return;
    }
    byte[] bytes = http.body().readAll(service.limitBytes(), Body.PAYLOAD_COPIES);
    if (payload == null) {
      decoder.read(bytes, builder);
    } else if (bytes.length > 0) {
      payload.set(
          builder,
          switch (payload.kind()) {
            case Scalar scalar when scalar == Scalar.BLOB -> SdkBytes.fromByteArrayUnsafe(bytes);
            case Struct struct -> {
              SdkPojo inner = struct.builder().get();
              decoder.read(bytes, inner);
              yield Shapes.build(inner);
            }
            default -> throw new IllegalStateException("No codec for the body " + payload);
          });
    }
  }

  @Override
  public Response answer(Model.Entry operation, SdkPojo output, RequestIds ids) {
    Shape shape = shapes.of(output);
    int status = RestEncoder.status(shape, output, STATUS.getOrDefault(operation.name(), 200));
    Response response =
        status == 204 ? Response.of(204) : Response.of(status, JSON, body(shape, output));
    RestEncoder.headers(shape, output, response.headers());
    return stamp(response, ids);
  }

  private byte[] body(Shape shape, SdkPojo output) {
    Member payload = shape.payload();
    if (payload == null) {
      return encoder.write(output);
    }
    Object value = payload.get(output);
    return switch (value) {
      case null -> new byte[0];
      case SdkBytes bytes -> bytes.asByteArrayUnsafe();
      case SdkPojo structure -> encoder.write(structure);
      default -> throw new IllegalStateException("No codec for the body " + payload);
    };
  }

  @Override
  public Response refuse(String method, AwsException why, RequestIds ids) {
    AwsException error = wire.errors().translate(why);
    String code = error.error().code();
    Map<String, String> members = new LinkedHashMap<>();
    if (MODELLED.contains(code)) {
      members.put("Type", error.error().status() < 500 ? "User" : "Service");
    }
    members.put(CAPITALIZED_MESSAGE.contains(code) ? "Message" : "message", error.getMessage());
    members.putAll(error.members());
    Response response =
        Response.of(error.error().status(), JSON, encoder.write(members))
            .header("x-amzn-ErrorType", error.error().code());
    error.headers().forEach(response::header);
    return stamp(response, ids);
  }

  @Override
  public Response stamp(Response response, RequestIds ids) {
    return response.header("x-amzn-RequestId", ids.requestId());
  }
}
