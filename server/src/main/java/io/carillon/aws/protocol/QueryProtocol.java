package io.carillon.aws.protocol;

import io.carillon.aws.AwsException;
import io.carillon.aws.CommonError;
import io.carillon.aws.ErrorDialect;
import io.carillon.aws.FlattenedNames;
import io.carillon.aws.ServiceSpec;
import io.carillon.http.Request;
import io.carillon.http.Response;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import software.amazon.awssdk.core.SdkPojo;

/// The query protocol: parameters in, XML out. Some services speak it as their older one; then
/// names differ from those of the model, and the path may name the resource.
public final class QueryProtocol implements Protocol {
  private final Map<String, Model.Entry> operations;
  private final String version;
  private final String namespace;
  private final ErrorDialect dialect;
  private final int limitBytes;

  private final Optional<FlattenedNames> flattened;
  private final Shapes shapes;
  private final QueryDecoder decoder;
  private final MemberValidation validation;
  private final XmlEncoder encoder;

  public QueryProtocol(ServiceSpec service, ServiceSpec.Wire.Query wire) {
    this.operations =
        Model.of(service).stream()
            .collect(Collectors.toMap(Model.Entry::name, Function.identity()));
    this.version = wire.version();
    this.namespace = wire.namespace();
    this.dialect = wire.errors();
    this.limitBytes = service.limitBytes();
    this.flattened = wire.flattened();
    RequiredMembers required = RequiredMembers.of(service);
    this.shapes =
        flattened
            .map(names -> new Shapes(required, new FlattenedNaming(names)))
            .orElseGet(() -> new Shapes(required));
    this.decoder = new QueryDecoder(shapes);
    this.validation = new MemberValidation(shapes, service.missingMembers());
    this.encoder = new XmlEncoder(shapes, false);
  }

  @Override
  public MatchedRequest read(Request http, String path) throws IOException {
    Parameters parameters = parameters(http);
    String action = parameters.first("Action");
    if (action == null) {
      throw CommonError.MISSING_ACTION.exception();
    }
    String asked = parameters.first("Version");
    Model.Entry operation = operations.get(action);
    if (operation == null || (asked != null && !asked.equals(version))) {
      throw CommonError.INVALID_ACTION.because(
          "Could not find operation "
              + action
              + " for version "
              + (asked == null ? "NO_VERSION_SPECIFIED" : asked));
    }
    return new MatchedQuery(operation, parameters, http, path);
  }

  private Parameters parameters(Request http) throws IOException {
    String form =
        http.method().equals("POST")
            ? new String(http.body().readAll(limitBytes), StandardCharsets.ISO_8859_1)
            : "";
    return Parameters.parse(http.rawQuery(), form);
  }

  private final class MatchedQuery implements MatchedRequest {
    private final Model.Entry operation;
    private final Parameters parameters;
    private final Request http;
    private final String path;

    MatchedQuery(Model.Entry operation, Parameters parameters, Request http, String path) {
      this.operation = operation;
      this.parameters = parameters;
      this.http = http;
      this.path = path;
    }

    @Override
    public Model.Entry operation() {
      return operation;
    }

    @Override
    public SdkPojo input(Class<?> type, boolean withBody) {
      SdkPojo builder = shapes.builder(type);
      decoder.read(parameters, builder);
      if (flattened.isPresent() && path.length() > 1) {
        String name = flattened.get().memberOfUrl();
        Member url = shapes.of(builder).body().get(name);
        if (url != null && !parameters.contains(name)) {
          url.set(builder, urlOf(http, path));
        }
      }
      return validation.validate(Shapes.build(builder));
    }
  }

  private static String urlOf(Request http, String path) {
    String host = http.headers().find("host").orElse("localhost");
    return (http.secure() ? "https://" : "http://") + host + WireText.decode(path, false);
  }

  @Override
  public Response answer(Model.Entry operation, SdkPojo output, RequestIds ids) {
    String name = operation.name();
    XmlWriter xml = new XmlWriter().root(name + "Response", namespace).open(name + "Result");
    encoder.members(xml, output);
    xml.close(name + "Result")
        .open("ResponseMetadata")
        .element("RequestId", ids.requestId())
        .close("ResponseMetadata")
        .close(name + "Response");
    return stamp(Response.of(200, "text/xml", xml.bytes()), ids);
  }

  @Override
  public Response refuse(String method, AwsException why, RequestIds ids) {
    AwsException error = dialect.translate(why);
    boolean sender = error.error().status() < 500;
    XmlWriter xml =
        new XmlWriter()
            .root("ErrorResponse", namespace)
            .open("Error")
            .element("Type", sender ? "Sender" : "Receiver")
            .element("Code", error.error().queryCode())
            .element("Message", error.getMessage())
            .close("Error")
            .element("RequestId", ids.requestId())
            .close("ErrorResponse");
    Response response = Response.of(error.error().status(), "text/xml", xml.bytes());
    error.headers().forEach(response::header);
    return stamp(response, ids);
  }

  @Override
  public Response stamp(Response response, RequestIds ids) {
    return response.header("x-amzn-RequestId", ids.requestId());
  }
}
