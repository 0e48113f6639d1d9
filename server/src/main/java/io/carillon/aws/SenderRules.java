package io.carillon.aws;

import io.carillon.aws.sigv4.Verified;
import io.carillon.http.Request;
import io.carillon.http.Response;

/// Rules about where a request comes from, which no policy can state: a signature by a key that
/// everybody knows proves nothing.
public interface SenderRules {
  SenderRules NONE =
      new SenderRules() {
        @Override
        public void check(Request http, Verified verified, String operation) {}

        @Override
        public Response answer(Request http, String operation, Response answer) {
          return answer;
        }
      };

  /// Looks at a request before it is authorized.
  ///
  /// @param http as it came
  /// @param operation its name, such as `GetObject`
  /// @throws AwsException where it is refused
  void check(Request http, Verified verified, String operation);

  /// Says to browsers, in header fields of the answer, what they must keep apart.
  Response answer(Request http, String operation, Response answer);
}
