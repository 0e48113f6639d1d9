package io.carillon.aws;

import io.carillon.events.EventsService;
import io.carillon.iam.IamService;
import io.carillon.lambda.LambdaService;
import io.carillon.logs.LogsService;
import io.carillon.s3.S3Service;
import io.carillon.sns.SnsService;
import io.carillon.sqs.SqsService;
import io.carillon.sts.StsService;
import java.util.List;

/// The services by name, for tests that are parameterized with names.
public final class Specs {
  public static final List<ServiceSpec> ALL =
      List.of(
          S3Service.SPEC,
          LambdaService.SPEC,
          SnsService.SPEC,
          SqsService.SPEC,
          IamService.SPEC,
          StsService.SPEC,
          LogsService.SPEC,
          EventsService.SPEC);

  private Specs() {}

  public static ServiceSpec of(String name) {
    return ALL.stream()
        .filter(spec -> spec.name().equals(name))
        .findFirst()
        .orElseGet(() -> other(name));
  }

  /// A service that is not here.
  private static ServiceSpec other(String name) {
    return ServiceSpec.of(
        name, 6 << 20, Specs.class, new ServiceSpec.Wire.Query("", "", ErrorDialect.common()));
  }
}
