package io.carillon.aws.pipeline;

import io.carillon.aws.ServiceSpec;
import io.carillon.aws.protocol.JsonProtocol;
import io.carillon.aws.protocol.Protocol;
import io.carillon.aws.protocol.QueryProtocol;
import io.carillon.aws.protocol.RestJsonProtocol;
import io.carillon.aws.protocol.RestXmlProtocol;
import io.carillon.http.Request;
import java.util.List;

/// The protocols of a service, the preferred one first.
record Protocols(List<Protocol> all) {
  static Protocols of(ServiceSpec spec, boolean validatesValues) {
    List<Protocol> protocols = spec.wires().stream().map(wire -> of(spec, wire)).toList();
    return new Protocols(
        validatesValues ? protocols.stream().map(Protocol::validatingValues).toList() : protocols);
  }

  private static Protocol of(ServiceSpec spec, ServiceSpec.Wire wire) {
    return switch (wire) {
      case ServiceSpec.Wire.RestXml xml -> new RestXmlProtocol(spec, xml);
      case ServiceSpec.Wire.RestJson json -> new RestJsonProtocol(spec, json);
      case ServiceSpec.Wire.Query query -> new QueryProtocol(spec, query);
      case ServiceSpec.Wire.Json json -> new JsonProtocol(spec, json);
    };
  }

  /// The protocol of a request: where there are two, requests of the older one have no target.
  Protocol of(Request http) {
    boolean older = all.size() > 1 && !http.headers().contains(JsonProtocol.TARGET);
    return older ? all.getLast() : all.getFirst();
  }
}
