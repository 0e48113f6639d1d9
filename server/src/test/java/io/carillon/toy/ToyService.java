package io.carillon.toy;

import io.carillon.admin.AdminViews;
import io.carillon.aws.Caller;
import io.carillon.aws.ConditionKeys;
import io.carillon.aws.DenialWording;
import io.carillon.aws.ErrorDialect;
import io.carillon.aws.Operations;
import io.carillon.aws.ServiceSpec;
import io.carillon.base.Arn;
import io.carillon.kernel.Kernel;
import io.carillon.kernel.Service;
import io.carillon.store.Database;
import io.carillon.store.KeyCodec;
import io.carillon.store.Range;
import io.carillon.store.Snapshot;
import io.carillon.store.Table;
import java.util.List;
import java.util.Locale;
import software.amazon.awssdk.services.sns.model.CreateTopicRequest;
import software.amazon.awssdk.services.sns.model.CreateTopicResponse;

/// A service with one operation, a condition key and something to show to operators, for tests of
/// how services are mounted. Its shapes are borrowed from SNS.
public final class ToyService implements Service {
  public static final ServiceSpec SPEC =
      ServiceSpec.of(
              "toy",
              1 << 10,
              ToyService.class,
              new ServiceSpec.Wire.Json("Toy_20260101.", "1.1", "", ErrorDialect.json()))
          .with(DenialWording.ofActions(action -> action.toUpperCase(Locale.ROOT)))
          .with(ConditionKeys.NONE.with("toy:Agent", (caller, _) -> caller.userAgent()));

  record Topic(String owner) {}

  private final Table<String, Topic> topics = Table.of("toy.topics", KeyCodec.STRING, Topic.class);
  private final Database database;

  public ToyService(Kernel kernel) {
    this.database = kernel.database();
  }

  @Override
  public ServiceSpec spec() {
    return SPEC;
  }

  @Override
  public Operations operations() {
    return Operations.of(SPEC)
        .on(CreateTopicRequest.class, (caller, request) -> arn(caller, request), this::create);
  }

  private static Arn arn(Caller caller, CreateTopicRequest request) {
    return caller.arn("toy", request.name());
  }

  private CreateTopicResponse create(Caller caller, CreateTopicRequest request) {
    Arn arn = arn(caller, request);
    return database.write(
        tx -> {
          topics.put(tx, arn.toString(), new Topic(caller.account().value()));
          return CreateTopicResponse.builder().topicArn(arn.toString()).build();
        });
  }

  @Override
  public AdminViews adminViews() {
    return new AdminViews()
        .on("GET toys", _ -> database.read(this::list))
        .finding("toys", () -> "wooden")
        .gauge("toys", () -> database.read(this::list).size());
  }

  private List<String> list(Snapshot snapshot) {
    return topics.list(snapshot, Range.all(), 100).stream().map(Table.Entry::key).toList();
  }
}
