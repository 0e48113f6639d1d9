package io.carillon.admin;

import io.carillon.admin.AdminRouter.Route;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/// What a service shows to operators: routes of the admin API, findings of `doctor`, numbers of
/// `metrics`.
public final class AdminViews {
  private final Map<String, Route> routes = new LinkedHashMap<>();
  private final Map<String, Supplier<Object>> findings = new LinkedHashMap<>();
  private final Map<String, LongSupplier> gauges = new LinkedHashMap<>();

  /// @param line method and path below `/_carillon/`, such as `GET mail`
  public AdminViews on(String line, Route route) {
    routes.put(line, route);
    return this;
  }

  /// @param name as `doctor` prints it
  /// @param value text, or lists and maps of texts
  public AdminViews finding(String name, Supplier<Object> value) {
    findings.put(name, value);
    return this;
  }

  /// @param name of the metric, without `carillon_`
  public AdminViews gauge(String name, LongSupplier value) {
    gauges.put(name, value);
    return this;
  }

  public Map<String, Route> routes() {
    return routes;
  }

  public Map<String, Supplier<Object>> findings() {
    return findings;
  }

  public Map<String, LongSupplier> gauges() {
    return gauges;
  }
}
