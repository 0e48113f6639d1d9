package io.carillon.server;

import io.carillon.admin.AdminError;
import io.carillon.admin.AdminRouter.Call;
import io.carillon.admin.AdminViews;
import io.carillon.outbox.OutboxReport;
import io.carillon.store.RocksDatabase;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The operations of the admin API that belong to no service, for operators and tests, except those
/// of [AdminEvents]. Each method answers one route of [AdminRoutes].
final class AdminApi {
  static final int MAX_ITEMS = 1_000;

  private final OutboxReport outbox;
  private final Storage storage;
  private final FunctionRuntime functions;
  private final Transports transports;
  private final List<AdminViews> services;

  /// @param services what the services show, for `doctor` and `metrics`
  AdminApi(
      OutboxReport outbox,
      Storage storage,
      FunctionRuntime functions,
      Transports transports,
      List<AdminViews> services) {
    this.outbox = outbox;
    this.storage = storage;
    this.functions = functions;
    this.transports = transports;
    this.services = services;
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
    findings.put("e-mail", transports.mailRoute());
    findings.put("SMS", transports.smsRoute());
    for (AdminViews views : services) {
      views.findings().forEach((name, value) -> findings.put(name, value.get()));
    }
    return findings;
  }

  /// The few numbers an operator alarms on, as Prometheus text.
  Object metrics(Call call) {
    StringBuilder text = new StringBuilder();
    metric(text, "deliveries_running", "gauge", outbox.running());
    for (AdminViews views : services) {
      views.gauges().forEach((name, value) -> metric(text, name, "gauge", value.getAsLong()));
    }
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
