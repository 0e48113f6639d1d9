package io.carillon.aws.protocol;

import com.fasterxml.jackson.dataformat.cbor.CBORFactory;
import com.fasterxml.jackson.dataformat.cbor.databind.CBORMapper;
import io.carillon.aws.AwsException;
import io.carillon.http.Request;
import io.carillon.http.Response;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/// Rejects requests to unsupported services in their own protocol: a client shows a response that
/// it cannot parse as "Unknown". The protocol is derived from the request, and from the service's
/// name where that is not enough.
///
/// Source: https://smithy.io/2.0/aws/protocols/, the section on operation errors of each protocol;
/// https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-errors.html for EC2's own.
public final class UnknownService {
  private static final String XML = "text/xml";

  /// Services with an XML protocol whose read requests have no body.
  private static final Set<String> REST_XML = Set.of("cloudfront", "route53");

  /// Signing names of S3's relatives, and none for unsigned requests.
  private static final Set<String> LIKE_S3 =
      Set.of("", "s3-object-lambda", "s3-outposts", "s3express");

  private final JsonEncoder json = new JsonEncoder(new Shapes());
  private final CBORMapper cbor = new CBORMapper(new CBORFactory());

  /// @param service its signing name, empty where there is none
  public Response refuse(Request http, String service, AwsException why, RequestIds ids) {
    int status = why.error().status();
    Response answer =
        http.method().equals("HEAD") ? Response.of(status) : of(http, service, why, ids);
    why.headers().forEach(answer::header);
    return answer
        .header("x-amzn-ErrorType", why.error().code())
        .header("x-amzn-RequestId", ids.requestId());
  }

  private Response of(Request http, String service, AwsException why, RequestIds ids) {
    int status = why.error().status();
    String type = http.headers().find("content-type").orElse("");
    if (http.headers().contains("smithy-protocol")) {
      return Response.of(status, "application/cbor", cborBytes(typed(why)))
          .header("smithy-protocol", "rpc-v2-cbor");
    }
    if (http.headers().contains(JsonProtocol.TARGET)) {
      return Response.of(
          status, type.isEmpty() ? "application/x-amz-json-1.0" : type, json.write(typed(why)));
    }
    if (service.equals("ec2")) {
      return Response.of(status, XML, ec2Error(why, ids));
    }
    if (REST_XML.contains(service)
        || type.contains("x-www-form-urlencoded")
        || http.rawQuery().matches("(?s)(.*&)?Action=.*")) { // may be malformed
      return Response.of(status, XML, queryError(why, ids));
    }
    if (LIKE_S3.contains(service)) {
      return Response.of(status, "application/xml", s3Error(why, ids));
    }
    return Response.of(status, "application/json", json.write(Map.of("message", why.getMessage())));
  }

  private static Map<String, String> typed(AwsException why) {
    Map<String, String> members = new LinkedHashMap<>();
    members.put("__type", why.error().code());
    members.put("message", why.getMessage());
    return members;
  }

  private byte[] cborBytes(Map<String, String> members) {
    try {
      return cbor.writeValueAsBytes(members);
    } catch (IOException e) {
      throw new UncheckedIOException(e); // not thrown for memory
    }
  }

  private static byte[] s3Error(AwsException why, RequestIds ids) {
    return new XmlWriter()
        .open("Error")
        .element("Code", why.error().code())
        .element("Message", why.getMessage())
        .element("RequestId", ids.requestId())
        .close("Error")
        .bytes();
  }

  private static byte[] ec2Error(AwsException why, RequestIds ids) {
    return new XmlWriter()
        .open("Response")
        .open("Errors")
        .open("Error")
        .element("Code", why.error().code())
        .element("Message", why.getMessage())
        .close("Error")
        .close("Errors")
        .element("RequestID", ids.requestId())
        .close("Response")
        .bytes();
  }

  private static byte[] queryError(AwsException why, RequestIds ids) {
    return new XmlWriter()
        .open("ErrorResponse")
        .open("Error")
        .element("Type", why.error().status() < 500 ? "Sender" : "Receiver")
        .element("Code", why.error().code())
        .element("Message", why.getMessage())
        .close("Error")
        .element("RequestId", ids.requestId())
        .close("ErrorResponse")
        .bytes();
  }
}
