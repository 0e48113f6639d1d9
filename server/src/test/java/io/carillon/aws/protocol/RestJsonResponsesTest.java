package io.carillon.aws.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.aws.AwsException;
import io.carillon.aws.CommonError;
import io.carillon.aws.ErrorCode;
import io.carillon.aws.ServiceSpec;
import io.carillon.aws.Specs;
import io.carillon.http.Response;
import io.carillon.lambda.LambdaService;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.lambda.model.EnvironmentResponse;
import software.amazon.awssdk.services.lambda.model.FunctionConfiguration;

/// Lambda's responses as bytes. Sources: the exceptions in botocore's model of Lambda, and
/// responses recorded from AWS (`test_lambda_api.snapshot.json` of localstack/localstack).
class RestJsonResponsesTest {
  private final RestJsonProtocol lambda =
      new RestJsonProtocol(
          LambdaService.SPEC, (ServiceSpec.Wire.RestJson) LambdaService.SPEC.wires().getFirst());
  private final RequestIds ids = new RequestIds("id", "");

  private record TestError(String code, int status, String message) implements ErrorCode {}

  private String refusal(ErrorCode error) {
    return text(lambda.refuse("GET", new AwsException(error, "why"), ids));
  }

  private static String text(Response response) {
    Response.Content.Bytes content = (Response.Content.Bytes) response.content();
    return new String(content.bytes(), StandardCharsets.UTF_8);
  }

  @Test
  void theMessageMemberHasTheModelsName() {
    Map<String, Integer> capitalized =
        Map.of(
            "ResourceNotFoundException", 404,
            "RecursiveInvocationException", 400,
            "CodeSigningConfigNotFoundException", 404);
    for (var error : capitalized.entrySet()) {
      assertThat(refusal(new TestError(error.getKey(), error.getValue(), "")))
          .isEqualTo("{\"Type\":\"User\",\"Message\":\"why\"}");
    }
    assertThat(refusal(new TestError("ServiceException", 500, "")))
        .isEqualTo("{\"Type\":\"Service\",\"Message\":\"why\"}");
    Map<String, Integer> plain =
        Map.of(
            "CodeStorageExceededException", 400,
            "InvalidParameterValueException", 400,
            "InvalidRequestContentException", 400,
            "PolicyLengthExceededException", 400,
            "PreconditionFailedException", 412,
            "ProvisionedConcurrencyConfigNotFoundException", 404,
            "RequestTooLargeException", 413,
            "ResourceConflictException", 409,
            "TooManyRequestsException", 429);
    for (var error : plain.entrySet()) {
      assertThat(refusal(new TestError(error.getKey(), error.getValue(), "")))
          .isEqualTo("{\"Type\":\"User\",\"message\":\"why\"}");
    }
  }

  @Test
  void errorsOutsideOfTheModelHaveNoType() {
    assertThat(refusal(CommonError.ACCESS_DENIED)).isEqualTo("{\"Message\":\"why\"}");
    for (CommonError error :
        new CommonError[] {
          CommonError.MISSING_PARAMETER,
          CommonError.VALIDATION,
          CommonError.SIGNATURE_DOES_NOT_MATCH,
          CommonError.INVALID_CLIENT_TOKEN_ID,
          CommonError.INVALID_ACTION
        }) {
      assertThat(refusal(error)).as(error.name()).isEqualTo("{\"message\":\"why\"}");
    }
    assertThat(refusal(CommonError.INTERNAL_FAILURE))
        .isEqualTo("{\"Type\":\"Service\",\"Message\":\"why\"}");
  }

  @Test
  void emptyListsAndMapsAreWritten() {
    FunctionConfiguration changing =
        FunctionConfiguration.builder()
            .lastUpdateStatusReasonCode("Creating")
            .environment(EnvironmentResponse.builder().variables(Map.of()).build())
            .build();
    Model.Entry entry =
        Model.of(Specs.of("lambda")).stream()
            .filter(one -> one.name().equals("GetFunctionConfiguration"))
            .findFirst()
            .orElseThrow();
    assertThat(text(lambda.answer(entry, changing, ids)))
        .contains("\"LastUpdateStatusReasonCode\":\"Creating\"")
        .contains("\"Environment\":{\"Variables\":{}}");
  }
}
