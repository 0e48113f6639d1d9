package io.carillon.server;

import io.carillon.admin.AdminError;
import io.carillon.admin.AdminRouter.Call;
import io.carillon.iam.Accounts;
import io.carillon.outbox.OutboxReport;
import io.carillon.store.RocksDatabase;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntSupplier;

/// The operations of the admin API, for operators and tests, except those of [AdminEvents]. Each
/// method answers one route of [AdminRoutes].
final class AdminApi {
  static final int MAX_ITEMS = 1_000;

  record Account(String accountId, String name) {}

  record NewAccount(String accountId, String accessKeyId, String secretAccessKey) {}

  private final OutboxReport outbox;
  private final Storage storage;
  private final Accounts accounts;
  private final FunctionRuntime functions;
  private final Transports transports;
  private final IntSupplier port;
  private final MailLinks links;

  AdminApi(
      OutboxReport outbox,
      Storage storage,
      Accounts accounts,
      FunctionRuntime functions,
      Transports transports,
      IntSupplier port) {
    this.outbox = outbox;
    this.storage = storage;
    this.accounts = accounts;
    this.functions = functions;
    this.transports = transports;
    this.port = port;
    this.links = new MailLinks(transports.mailbox());
  }

  Object mail(Call call) {
    return transports.mailbox().list();
  }

  Object confirmMail(Call call) throws IOException, InterruptedException {
    return links.follow(port.getAsInt());
  }

  Object deleteMail(Call call) {
    long id = call.number("id", 1, Integer.MAX_VALUE);
    if (!transports.mailbox().delete(id)) {
      throw AdminError.NO_SUCH_ITEM.because("There is no mail " + id + ".");
    }
    return Map.of();
  }

  Object messages(Call call) {
    return transports.inbox().list();
  }

  Object accounts(Call call) {
    return accounts.list().stream()
        .map(account -> new Account(account.id().value(), account.name()))
        .toList();
  }

  Object createAccount(Call call) {
    Accounts.NewAccount made = accounts.create(call.require("name"));
    return new NewAccount(made.id().value(), made.rootKeyId(), made.rootSecret().reveal());
  }

  Object inspect(Call call) {
    int limit = call.number("limit", 100, MAX_ITEMS);
    List<String> tables = storage.inspect().tables();
    Optional<String> table = call.find("table");
    if (table.isEmpty()) {
      return tables;
    }
    if (!tables.contains(table.get())) {
      throw AdminError.NO_SUCH_ITEM.because(
          "There is no table %s with rows. There are: %s."
              .formatted(table.get(), String.join(", ", tables)));
    }
    return storage.inspect().rows(table.get(), limit);
  }

  Object verify(Call call) {
    return storage.verify();
  }

  Object doctor(Call call) {
    Map<String, Object> findings = new LinkedHashMap<>();
    findings.put("java", Runtime.version().toString());
    findings.put("sandbox", functions.describe());
    findings.put("runtimes", functions.runtimes());
    findings.put("e-mail", transports.mailRoute());
    findings.put("SMS", transports.smsRoute());
    return findings;
  }

  /// The few numbers an operator alarms on, as Prometheus text.
  Object metrics(Call call) {
    StringBuilder text = new StringBuilder();
    metric(text, "deliveries_running", "gauge", outbox.running());
    metric(text, "execution_environments", "gauge", functions.census().environments());
    storage
        .rocks()
        .map(RocksDatabase::counts)
        .ifPresent(
            counts -> {
              metric(text, "store_changes_total", "counter", counts.changes());
              metric(text, "store_syncs_total", "counter", counts.syncs());
              metric(text, "store_flushes_running", "gauge", counts.flushesRunning());
              metric(text, "store_compactions_running", "gauge", counts.compactionsRunning());
            });
    storage
        .files()
        .ifPresent(files -> metric(text, "damaged_reads_total", "counter", files.damagedReads()));
    return text.toString();
  }

  private static void metric(StringBuilder text, String name, String type, long value) {
    text.append("# TYPE carillon_").append(name).append(' ').append(type).append('\n');
    text.append("carillon_").append(name).append(' ').append(value).append('\n');
  }
}
