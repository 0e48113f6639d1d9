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

/// Refuses requests to services that are not here, in words that their clients can read: a client
/// shows what it does not understand as "Unknown". The protocol is told by what the request looks
/// like, and by the service's name where a look is not enough.
///
/// Source: https://smithy.io/2.0/aws/protocols/, the section on operation errors of each protocol;
/// https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-errors.html for EC2's own.
public final class UnknownService {
  private static final String XML = "text/xml";

  /// Those of the services without a body in their reading requests that speak XML.
  private static final Set<String> REST_XML = Set.of("cloudfront", "route53");

  /// Parts of S3 that sign with names of their own, and whoever signs nothing.
  private static final Set<String> LIKE_S3 =
      Set.of("", "s3", "s3-object-lambda", "s3-outposts", "s3express");

  private final JsonEncoder json = new JsonEncoder(new Shapes());
  private final CBORMapper cbor = new CBORMapper(new CBORFactory());

  /// @param service its name in the signature, empty where there is none
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
        || http.rawQuery().matches("(?s)(.*&)?Action=.*")) { // which may not be well-formed
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
      throw new UncheckedIOException(e); // into memory
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
