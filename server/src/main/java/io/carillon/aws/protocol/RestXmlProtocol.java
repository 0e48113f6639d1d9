package io.carillon.aws.protocol;

import io.carillon.aws.AwsException;
import io.carillon.aws.CommonError;
import io.carillon.aws.ErrorDialect;
import io.carillon.aws.ServiceSpec;
import io.carillon.aws.protocol.MemberType.Scalar;
import io.carillon.aws.protocol.MemberType.Struct;
import io.carillon.http.Request;
import io.carillon.http.Response;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import software.amazon.awssdk.core.SdkPojo;

/// REST paths with XML bodies.
///
/// A body is a single member, or absent; the additional body fields of the SDK's CopyObject exist
/// only in the SDK. Only SelectObjectContent differs, and it is not supported.
public final class RestXmlProtocol implements Protocol {
  private static final String XML = "application/xml";
  private static final String VERSION_ID = "versionId";

  private final ServiceSpec.Wire.RestXml wire;
  private final ErrorDialect dialect;
  private final int limitBytes;
  private final Shapes shapes = new Shapes();
  private final RestRoutes routes;
  private final RestDecoder head;
  private final XmlDecoder decoder = new XmlDecoder(shapes);
  private final XmlEncoder encoder = new XmlEncoder(shapes, true);

  public RestXmlProtocol(ServiceSpec service, ServiceSpec.Wire.RestXml wire) {
    this.wire = wire;
    this.dialect = wire.errors();
    this.limitBytes = service.limitBytes();
    this.routes = new RestRoutes(Model.of(service));
    UnknownFields unknown = new UnknownFields();
    this.head = new RestDecoder(routes, unknown::handleParameter, unknown::handle);
  }

  @Override
  public MatchedRequest read(Request http, String path) {
    Parameters query = Parameters.parse(http.rawQuery());
    RestRoutes.Found found =
        routes
            .find(http, path, query)
            .orElseThrow(() -> CommonError.METHOD_NOT_ALLOWED.with("Method", http.method()));
    return new MatchedRequest() {
      @Override
      public Model.Entry operation() {
        return found.entry();
      }

      @Override
      public SdkPojo input(Class<?> type, boolean withBody) throws IOException {
        SdkPojo builder = shapes.builder(type);
        Shape shape = shapes.of(builder);
        requireLatin1(query);
        rejectVersion(query, shape);
        head.read(found, query, http, shape, builder);
        RestDecoder.requireAll(query, http, shape);
        Member payload = shape.payload();
        if (withBody && payload != null) {
          readBody(http, shape, payload, builder);
        }
        return Shapes.build(builder);
      }
    };
  }

  /// `response-…` parameters set response header fields, which S3 writes in ISO 8859-1. This is
  /// checked before the value is parsed as a date.
  private static void requireLatin1(Parameters query) {
    if (query.isEmpty()) {
      return;
    }
    query
        .all()
        .forEach(
            (name, values) -> {
              String value = values.getFirst();
              if (name.startsWith("response-") && value.chars().anyMatch(c -> c > 0xFF)) {
                throw CommonError.INVALID_PARAMETER_VALUE
                    .because("Header value cannot be represented using ISO-8859-1.")
                    .with("ArgumentName", name)
                    .with("ArgumentValue", value);
              }
            });
  }

  /// Operations without a version member reject a version id: the client means another version than
  /// the one the operation would use.
  private static void rejectVersion(Parameters query, Shape shape) {
    String version = query.first(VERSION_ID);
    if (version != null && !shape.query().containsKey(VERSION_ID)) {
      throw CommonError.INVALID_PARAMETER_VALUE
          .because("This operation does not accept a version-id.")
          .with("ArgumentName", VERSION_ID)
          .with("ArgumentValue", version);
    }
  }

  private void readBody(Request http, Shape shape, Member payload, SdkPojo builder)
      throws IOException {
    byte[] bytes = http.body().readAll(limitBytes);
    BodyChecksums.verify(http, shape, bytes);
    if (bytes.length == 0) {
      if (payload.required()) {
        throw CommonError.SERIALIZATION.because("The body is empty");
      }
      return;
    }
    switch (payload.kind()) {
      case Scalar scalar when scalar == Scalar.STRING -> payload.set(builder, text(bytes));
      case Struct struct -> {
        SdkPojo inner = struct.builder().get();
        decoder.read(bytes, payload.name(), inner);
        payload.set(builder, Shapes.build(inner));
      }
      default -> throw new IllegalStateException("No codec for the body " + payload);
    }
  }

  private static String text(byte[] bytes) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException _) {
      throw CommonError.INVALID_PARAMETER_VALUE.because("The body must be UTF-8");
    }
  }

  @Override
  public Response answer(Model.Entry operation, SdkPojo output, RequestIds ids) {
    Shape shape = shapes.of(output);
    Response response = body(operation, shape, output);
    RestEncoder.headers(shape, output, response.headers());
    return stamp(response, ids);
  }

  private Response body(Model.Entry operation, Shape shape, SdkPojo output) {
    if (operation.verb().equals("DELETE") || wire.noContent().contains(operation.name())) {
      return Response.of(204);
    }
    Member payload = shape.payload();
    if (operation.name().equals("GetBucketLocation") && payload != null) {
      return location(payload, output);
    }
    if (payload == null) {
      return shape.body().isEmpty() ? empty(operation) : members(operation, output);
    }
    return switch (payload.get(output)) {
      case null -> Response.of(200);
      case String text ->
          Response.of(200, "application/json", text.getBytes(StandardCharsets.UTF_8));
      case SdkPojo structure -> document(payload.name(), structure);
      default -> throw new IllegalStateException("No codec for the body " + payload);
    };
  }

  /// HeadBucket has the type of the body that GET would have; other empty responses have none.
  private static Response empty(Model.Entry operation) {
    return operation.name().equals("HeadBucket")
        ? Response.of(200, XML, new byte[0])
        : Response.of(200);
  }

  /// The only response whose root has text: the region, empty for us-east-1.
  private Response location(Member payload, SdkPojo output) {
    Object region = payload.get(output);
    XmlWriter xml = new XmlWriter().root("LocationConstraint", wire.namespace());
    xml.text(region == null ? "" : (String) region).close("LocationConstraint");
    return Response.of(200, XML, xml.bytes());
  }

  private Response members(Model.Entry operation, SdkPojo output) {
    return document(
        wire.roots().getOrDefault(operation.name(), operation.name() + "Result"), output);
  }

  private Response document(String root, SdkPojo structure) {
    XmlWriter xml = new XmlWriter().root(root, wire.namespace());
    encoder.members(xml, structure);
    return Response.of(200, XML, xml.close(root).bytes());
  }

  @Override
  public Response refuse(String method, AwsException why, RequestIds ids) {
    AwsException error = dialect.translate(why);
    int status = error.error().status();
    Response response;
    if (method.equals("HEAD") || status == 304) {
      response = Response.of(status);
    } else {
      XmlWriter xml =
          new XmlWriter()
              .open("Error")
              .element("Code", error.error().code())
              .element("Message", error.getMessage());
      error.members().forEach(xml::element);
      xml.element("RequestId", ids.requestId()).element("HostId", ids.hostId()).close("Error");
      response = Response.of(status, XML, xml.bytes());
    }
    error.headers().forEach(response::header);
    return stamp(response, ids);
  }

  @Override
  public Response stamp(Response response, RequestIds ids) {
    return response
        .header("x-amz-request-id", ids.requestId())
        .header("x-amz-id-2", ids.hostId())
        .header("Server", "AmazonS3");
  }
}
