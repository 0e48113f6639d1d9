package io.carillon.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.iam.IamClient;
import software.amazon.awssdk.services.iam.model.User;
import software.amazon.awssdk.services.lambda.LambdaClient;
import software.amazon.awssdk.services.lambda.model.Runtime;

/// A function whose role allows `logs:*` tries the well-known root key in every way that a function
/// has, against a server that runs as root and as an ordinary user: it is refused, and other
/// clients are not affected.
class RootKeyTest {
  private static final int ORDINARY_USER = 12_345;

  private static final String FUNCTION =
      """
      import datetime, hashlib, hmac, os, socket, subprocess, urllib.parse

      ENDPOINT = urllib.parse.urlparse(os.environ["AWS_ENDPOINT_URL"])
      PORT = ENDPOINT.port
      ROOT = ("test", "test", "")
      ROLE = tuple(os.environ[n] for n in
                   ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"))

      def request(keys, service, method, path, query, body, more={}):
          now = datetime.datetime.utcnow().strftime("%Y%m%dT%H%M%SZ")
          scope = now[:8] + "/us-east-1/" + service + "/aws4_request"
          digest = hashlib.sha256(body.encode()).hexdigest()
          headers = {"host": "localhost:%d" % PORT, "x-amz-date": now,
                     "x-amz-content-sha256": digest, **more}
          if keys[2]:
              headers["x-amz-security-token"] = keys[2]
          names = sorted(headers)
          canonical = "\\n".join([method, path, query] + [n + ":" + headers[n] for n in names]
                                + ["", ";".join(names), digest])
          text = "\\n".join(["AWS4-HMAC-SHA256", now, scope,
                            hashlib.sha256(canonical.encode()).hexdigest()])
          key = ("AWS4" + keys[1]).encode()
          for part in scope.split("/"):
              key = hmac.new(key, part.encode(), "sha256").digest()
          headers["authorization"] = (
              "AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%s"
              % (keys[0], scope, ";".join(names), hmac.new(key, text.encode(), "sha256").hexdigest()))
          head = ["%s %s HTTP/1.1" % (method, path + ("?" + query if query else ""))]
          head += [n + ": " + v for n, v in headers.items()]
          head += ["content-length: %d" % len(body), "connection: close", "", body]
          return "\\r\\n".join(head).encode()

      def send(sock, request):
          sock.sendall(request)
          answer = b""
          while piece := sock.recv(65536):
              answer += piece
          return verdict(answer.decode())

      def verdict(answer):
          return "refused" if "Access Denied. The" in answer and "not for functions" in answer else answer

      def raw(address, *parts, **more):
          with socket.create_connection((address, PORT), timeout=20) as sock:
              return send(sock, request(*parts, **more))

      CREATE = "Action=CreateUser&UserName=eve&Version=2010-05-08"
      FORM = {"content-type": "application/x-www-form-urlencoded"}

      def admin(token):
          head = "GET /_carillon/inspect HTTP/1.1\\r\\nHost: localhost:%d\\r\\nX-Carillon-Token: %s\\r\\n"
          with socket.create_connection(("127.0.0.1", PORT), timeout=20) as sock:
              return send(sock, (head % (PORT, token) + "Connection: close\\r\\n\\r\\n").encode())

      def mapped():
          with socket.socket(socket.AF_INET6) as sock:
              sock.connect(("::ffff:127.0.0.1", PORT))
              return send(sock, request(ROOT, "iam", "POST", "/", "", CREATE, FORM))

      def forked():
          near, far = socket.socketpair()
          if os.fork() == 0:
              if os.fork() == 0:
                  far.sendall(raw("127.0.0.1", ROOT, "iam", "POST", "/", "", CREATE, FORM).encode())
              os._exit(0)
          far.close()
          return near.recv(65536).decode()

      def curl():
          command = ["curl", "-s", "--max-time", "20", "--user", "test:test", "--aws-sigv4"]
          return verdict(subprocess.run(
              command + ["aws:amz:us-east-1:sts",
                         "http://127.0.0.1:%d/?Action=GetCallerIdentity&Version=2011-06-15" % PORT],
              capture_output=True, text=True).stdout)

      def sdk():
          import boto3, botocore.exceptions
          keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
          try:
              boto3.client("iam", endpoint_url=os.environ["AWS_ENDPOINT_URL"], **keys).create_user(UserName="eve")
              return "done"
          except botocore.exceptions.ClientError as error:
              return verdict(str(error))

      def handler(event, context):
          group = '{"logGroupName": "mine"}'
          target = {"x-amz-target": "Logs_20140328.CreateLogGroup",
                    "content-type": "application/x-amz-json-1.1"}
          return {
              "query": raw("127.0.0.1", ROOT, "iam", "POST", "/", "", CREATE, FORM),
                    "s3": raw("127.0.0.1", ROOT, "s3", "PUT", "/eves", "", ""),
              "json": raw("127.0.0.1", ROOT, "logs", "POST", "/", "", group, target),
              "rest json": raw("127.0.0.1", ROOT, "lambda", "GET", "/2015-03-31/functions", "", ""),
              "admin API": raw("127.0.0.1", ROOT, "carillon", "GET", "/_carillon/inspect", "", ""),
              "admin token": admin(event["token"]),
              "both families": mapped(),
              "forked": forked(),
              "curl": curl(),
              "sdk": sdk(),
              "role": raw("127.0.0.1", ROLE, "logs", "POST", "/", "", group, target),
          }
      """;

  @TempDir Path folder;

  @BeforeEach
  void requirePrograms() {
    Requirements.program("bwrap", "--version");
    Requirements.program("curl", "--version");
    Requirements.program("/usr/bin/python3", "--version");
    PythonSdk.need();
  }

  @Test
  void functionsCannotUseTheWellKnownRootKey() throws Exception {
    try (Carillon server = Carillon.start(folder)) {
      assertRefused(server, List.of());
    }
  }

  @Test
  void functionsCannotUseItWhereTheServerIsAnOrdinaryUser() throws Exception {
    Assumptions.assumeTrue(
        user(Path.of("/proc/self")) == 0, "otherwise the other test covers this");
    Requirements.program("setpriv", "--version");
    List<String> ordinary =
        List.of(
            "setpriv", "--reuid=" + ORDINARY_USER, "--regid=" + ORDINARY_USER, "--clear-groups");
    Files.setAttribute(folder, "unix:uid", ORDINARY_USER);
    Map<String, String> environment =
        Map.of("PATH", "/usr/local/bin:/usr/bin:/bin", "HOME", "/tmp");
    try (Carillon server = Carillon.start(folder, environment, ordinary)) {
      assertThat(user(Path.of("/proc/" + server.pid()))).isEqualTo(ORDINARY_USER);
      assertRefused(server, ordinary);
    }
  }

  private static int user(Path process) throws IOException {
    return (Integer) Files.getAttribute(process, "unix:uid");
  }

  /// @param sameUser a command prefix that runs a command as the server's user
  private void assertRefused(Carillon server, List<String> sameUser) throws Exception {
    assertThat(server.banner()).contains("root key  test/test").contains("refused to functions");
    try (IamClient iam = Clients.root(server).iam();
        LambdaClient lambda = Clients.root(server).lambda()) {
      String role =
          iam.createRole(
                  r ->
                      r.roleName("logs")
                          .assumeRolePolicyDocument(Functions.trust("lambda.amazonaws.com")))
              .role()
              .arn();
      iam.putRolePolicy(
          r ->
              r.roleName("logs")
                  .policyName("logs")
                  .policyDocument(
                      """
                      {"Version": "2012-10-17", "Statement": [
                       {"Effect": "Allow", "Action": "logs:*", "Resource": "*"}]}\
                      """));
      byte[] code = PythonSdk.packageOf("m.py", FUNCTION);
      lambda.createFunction(
          r ->
              r.functionName("spy")
                  .runtime(Runtime.PYTHON3_11)
                  .handler("m.handler")
                  .timeout(60)
                  .role(role)
                  .code(c -> c.zipFile(SdkBytes.fromByteArray(code))));
      lambda.waiter().waitUntilFunctionActiveV2(r -> r.functionName("spy"));

      String token = server.adminToken();
      JsonNode found =
          new ObjectMapper()
              .readTree(
                  lambda
                      .invoke(
                          r ->
                              r.functionName("spy")
                                  .payload(
                                      SdkBytes.fromUtf8String(
                                          "{\"token\":\"%s\"}".formatted(token))))
                      .payload()
                      .asUtf8String());
      assertThat(found.path("role").asText()).startsWith("HTTP/1.1 200");
      found
          .properties()
          .forEach(
              way -> {
                if (!way.getKey().equals("role")) {
                  assertThat(way.getValue().asText()).as(way.getKey()).isEqualTo("refused");
                }
              });
      assertThat(found.size()).as(found.toString()).isEqualTo(11);
      assertThat(iam.listUsers().users()).extracting(User::userName).doesNotContain("eve");
    }
    assertOthersUnaffected(server, sameUser);
  }

  /// Clients of this user and of the server's user, while the function's environment is alive.
  private void assertOthersUnaffected(Carillon server, List<String> sameUser) throws Exception {
    List<String> command = new ArrayList<>(sameUser);
    command.addAll(
        List.of(
            "curl",
            "-s",
            "--user",
            "test:test",
            "--aws-sigv4",
            "aws:amz:us-east-1:sts",
            server.endpoint() + "/?Action=GetCallerIdentity&Version=2011-06-15"));
    assertThat(FinishedProcess.of(command, Map.of(), Path.of("/")).expectSuccess().output())
        .contains(":root</Arn>");
    assertThat(server.cli("mail", "--json").exit()).isZero();
    assertThat(server.admin("lanes")).doesNotContain("Access Denied");
  }
}
