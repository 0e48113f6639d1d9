package io.carillon.aws.protocol;

import io.carillon.aws.AwsException;
import io.carillon.aws.CommonError;
import io.carillon.aws.ErrorDialect;
import io.carillon.aws.ServiceSpec;
import io.carillon.http.Request;
import io.carillon.http.Response;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import software.amazon.awssdk.core.SdkPojo;

/// AWS JSON 1.0 and 1.1: `X-Amz-Target` names the operation.
public final class JsonProtocol implements Protocol {
  public static final String TARGET = "x-amz-target";
  private static final String FRAMEWORK = "com.amazon.coral.service#";

  private final Map<String, Model.Entry> operations;
  private final String prefix;
  private final String contentType;
  private final String errorNamespace;

  /// Whether clients that knew the query protocol get its codes in a header.
  private final boolean queryErrors;

  private final ErrorDialect dialect;
  private final int limitBytes;
  private final Shapes shapes;
  private final JsonDecoder decoder;
  private final JsonEncoder encoder;
  private final MemberValidation validation;

  public JsonProtocol(ServiceSpec service, ServiceSpec.Wire.Json wire) {
    this.operations =
        Model.of(service).stream()
            .collect(Collectors.toMap(Model.Entry::name, Function.identity()));
    this.prefix = wire.targetPrefix();
    this.contentType = "application/x-amz-json-" + wire.version();
    this.errorNamespace = wire.errorNamespace();
    this.dialect = wire.errors();
    this.queryErrors = service.query().isPresent();
    this.limitBytes = service.limitBytes();
    this.shapes = new Shapes(RequiredMembers.of(service));
    this.decoder = new JsonDecoder(shapes, limitBytes);
    this.encoder = new JsonEncoder(shapes);
    this.validation = new MemberValidation(shapes, service.missingMembers());
  }

  /// Whether the target of a request belongs to this service.
  public boolean owns(String target) {
    return target.startsWith(prefix);
  }

  @Override
  public MatchedRequest read(Request http, String path) throws IOException {
    String target = http.headers().find(TARGET).orElse("");
    Model.Entry operation = owns(target) ? operations.get(target.substring(prefix.length())) : null;
    if (operation == null) {
      throw CommonError.INVALID_ACTION.because(
          target.isEmpty() ? "The header X-Amz-Target is missing." : "Unknown operation " + target);
    }
    return new MatchedRequest() {
      @Override
      public Model.Entry operation() {
        return operation;
      }

      @Override
      public SdkPojo input(Class<?> type, boolean withBody) throws IOException {
        SdkPojo builder = shapes.builder(type);
        decoder.read(http.body().readAll(limitBytes), builder);
        return validation.validate(Shapes.build(builder));
      }
    };
  }

  @Override
  public Response answer(Model.Entry operation, SdkPojo output, RequestIds ids) {
    return stamp(Response.of(200, contentType, encoder.write(output)), ids);
  }

  @Override
  public Response refuse(String method, AwsException why, RequestIds ids) {
    AwsException error = dialect.translate(why);
    Map<String, String> members = new LinkedHashMap<>();
    members.put("__type", errorNamespace(error.error().code()) + error.error().code());
    boolean denied = error.error().code().equals("AccessDeniedException");
    members.put(denied ? "Message" : "message", error.getMessage()); // as measured on AWS
    members.putAll(error.members());
    Response response =
        Response.of(error.error().status(), contentType, encoder.write(members))
            .header("x-amzn-ErrorType", error.error().code());
    if (queryErrors) {
      String type = error.error().status() < 500 ? ";Sender" : ";Receiver";
      response.header("x-amzn-query-error", error.error().queryCode() + type);
    }
    error.headers().forEach(response::header);
    return stamp(response, ids);
  }

  /// SQS's own errors have plain names; those that end in `Exception` belong to its framework.
  private String errorNamespace(String code) {
    return queryErrors && code.endsWith("Exception") ? FRAMEWORK : errorNamespace;
  }

  @Override
  public Response stamp(Response response, RequestIds ids) {
    return response.header("x-amzn-RequestId", ids.requestId());
  }
}
