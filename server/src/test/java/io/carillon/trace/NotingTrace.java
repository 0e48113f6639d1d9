package io.carillon.trace;

import io.carillon.store.Tx;
import java.util.Map;
import java.util.function.Consumer;

/// A trace for tests, which only take note of steps.
public interface NotingTrace extends Trace {
  @Override
  void note(Tx tx, String cause, Step step, Map<String, String> details);

  @Override
  default Consumer<Tx> plan(String cause, Step step, Map<String, String> details) {
    return tx -> note(tx, cause, step, details);
  }
}
