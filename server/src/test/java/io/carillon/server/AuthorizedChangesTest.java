package io.carillon.server;

import static io.carillon.server.RaceServer.ALLOW_ALL;
import static io.carillon.server.RaceServer.DENIED;
import static io.carillon.server.RaceServer.UNKNOWN_KEY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.carillon.aws.Operations;
import io.carillon.aws.Operations.Access;
import io.carillon.server.RaceServer.Clients;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import software.amazon.awssdk.awscore.exception.AwsServiceException;

/// Every operation of every service that changes something checks in its commit that its caller is
/// still allowed it. The operations come from the services' tables, so one that is added there
/// fails this test until it has a request here. [RevokedCallerRaceTest] has the many ways in which
/// a caller can lose a permission.
@Tag("slow")
class AuthorizedChangesTest {
  private static final Pattern READ =
      Pattern.compile("(Get|List|Describe|Head|Test|Filter)[A-Z].*");

  /// Tested as what it is, a PutObject: the SDK has no client for browsers' forms.
  private static final String FORM = "PostObject";

  private static final String USER = "caller";

  @TempDir static Path folder;
  private static RaceServer server;
  private static Clients caller;
  private static final Map<String, ChangingCalls> CALLS = new HashMap<>();

  @BeforeAll
  static void start() throws IOException {
    server = RaceServer.start(folder);
    caller = server.user(USER);
    List<ChangingCalls> all = new ArrayList<>();
    all.addAll(ChangingMessagingCalls.on(server));
    all.addAll(ChangingS3Calls.on(server));
    all.addAll(ChangingIamCalls.on(server));
    all.addAll(ChangingFunctionCalls.on(server));
    all.forEach(calls -> CALLS.put(calls.service(), calls));
    server.settle();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  record Change(String service, String operation, boolean open, Consumer<Clients> call) {
    @Override
    public String toString() {
      return service + ":" + operation;
    }
  }

  private static Stream<Operations.Operation<?>> changing(Operations table) {
    return table.all().stream()
        .filter(operation -> !READ.matcher(operation.name()).matches())
        .filter(operation -> !operation.name().equals(FORM));
  }

  @Test
  void eachChangingOperationHasARequest() {
    for (Operations table : server.operations()) {
      ChangingCalls calls = calls(table);
      List<String> known = new ArrayList<>(calls.calls().keySet());
      known.addAll(calls.unchanging().keySet());
      assertThat(known)
          .as("the changing operations of %s", table.service())
          .containsExactlyInAnyOrderElementsOf(
              changing(table).map(Operations.Operation::name).toList());
    }
  }

  static Stream<Change> changes() {
    return server.operations().stream().flatMap(AuthorizedChangesTest::changes);
  }

  private static Stream<Change> changes(Operations table) {
    Map<String, Consumer<Clients>> calls = calls(table).calls();
    return changing(table)
        .flatMap(
            operation ->
                Optional.ofNullable(calls.get(operation.name()))
                    .map(
                        call ->
                            new Change(
                                table.service(),
                                operation.name(),
                                operation.access() instanceof Access.Open<?>,
                                call))
                    .stream());
  }

  private static ChangingCalls calls(Operations table) {
    return CALLS.getOrDefault(table.service(), ChangingCalls.of(table.service()));
  }

  /// Those that check a policy: an open operation does not, except Unsubscribe.
  static Stream<Change> changesThatPoliciesAllow() {
    return changes().filter(change -> !change.open() || change.operation().equals("Unsubscribe"));
  }

  @ParameterizedTest
  @MethodSource("changesThatPoliciesAllow")
  void aRevokedPermissionRefusesTheChange(Change change) {
    assertRefused(
        change,
        caller(),
        () -> server.iam.deleteUserPolicy(b -> b.userName(USER).policyName("all")),
        DENIED);
  }

  /// Open operations ask only for a valid key.
  static Stream<Change> openChanges() {
    return changes().filter(Change::open);
  }

  @ParameterizedTest
  @MethodSource("openChanges")
  void aDeletedAccessKeyRefusesAnOpenChange(Change change) {
    assertKeyIsRequired(change);
  }

  static Stream<Change> otherChanges() {
    return changes().filter(change -> !change.open());
  }

  @Tag("full")
  @ParameterizedTest
  @MethodSource("otherChanges")
  void aDeletedAccessKeyRefusesTheChange(Change change) {
    assertKeyIsRequired(change);
  }

  private static void assertKeyIsRequired(Change change) {
    String user = server.name("caller");
    Clients clients = server.user(user);
    assertRefused(
        change,
        clients,
        () -> server.iam.deleteAccessKey(b -> b.userName(user).accessKeyId(clients.accessKeyId())),
        UNKNOWN_KEY);
  }

  /// The clients of a user that is allowed everything.
  private static Clients caller() {
    server.iam.putUserPolicy(b -> b.userName(USER).policyName("all").policyDocument(ALLOW_ALL));
    return caller;
  }

  /// Runs the call with `revocation` before its commit: it is refused with one of `codes`, and no
  /// row differs.
  private static void assertRefused(
      Change change, Clients clients, Runnable revocation, Set<String> codes) {
    AtomicReference<Map<String, List<String>>> revoked = new AtomicReference<>();
    AtomicReference<AwsServiceException> refusal = new AtomicReference<>();
    server.interleaveCommit(
        () ->
            refusal.set(
                catchThrowableOfType(
                    AwsServiceException.class, () -> change.call().accept(clients))),
        () -> {
          revocation.run();
          revoked.set(server.rowsExcept());
        });
    assertThat(refusal.get())
        .isNotNull()
        .extracting(refused -> refused.awsErrorDetails().errorCode())
        .isIn(codes);
    assertThat(server.rowsExcept()).isEqualTo(revoked.get());
  }
}
