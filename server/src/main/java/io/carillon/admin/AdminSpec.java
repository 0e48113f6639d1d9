package io.carillon.admin;

import io.carillon.aws.ErrorDialect;
import io.carillon.aws.ServiceSpec;

/// The admin API as requests to it are signed: it has neither operations nor a protocol.
public final class AdminSpec {
  public static final ServiceSpec SPEC =
      ServiceSpec.of(
          "carillon",
          1 << 20,
          AdminSpec.class,
          new ServiceSpec.Wire.Query("", "", ErrorDialect.common()));

  private AdminSpec() {}
}
