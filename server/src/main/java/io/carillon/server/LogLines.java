package io.carillon.server;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.util.LogbackMDCAdapter;
import ch.qos.logback.core.ConsoleAppender;
import org.slf4j.ILoggerFactory;
import org.slf4j.IMarkerFactory;
import org.slf4j.helpers.BasicMarkerFactory;
import org.slf4j.spi.MDCAdapter;
import org.slf4j.spi.SLF4JServiceProvider;

/// Configures what is logged and the format of a line, unless `-Dlogback.configurationFile` names a
/// file.
///
/// SLF4J gets the name of this class: its search for a provider, and then for a configuration of
/// logback, opens every jar, which took a tenth of a start.
public final class LogLines implements SLF4JServiceProvider {
  /// In UTC, like all times that Carillon prints. Loading the rules of a local time zone would
  /// search every jar as well.
  private static final String LINE =
      "%d{yyyy-MM-dd'T'HH:mm:ss.SSS'Z', UTC} %-5level %logger{24} %msg%n";

  private final LoggerContext logging = new LoggerContext();
  private final IMarkerFactory markers = new BasicMarkerFactory();
  private final MDCAdapter context = new LogbackMDCAdapter();

  /// To be called before the first logger is made.
  public static void use() {
    if (System.getProperty("logback.configurationFile") == null) {
      System.setProperty("slf4j.provider", LogLines.class.getName());
      System.setProperty("slf4j.internal.verbosity", "WARN"); // or it logs that it was configured
    }
  }

  @Override
  public void initialize() {
    logging.setName("carillon");
    logging.setMDCAdapter(context);
    PatternLayoutEncoder lines = new PatternLayoutEncoder();
    lines.setContext(logging);
    lines.setPattern(LINE);
    lines.start();
    ConsoleAppender<ILoggingEvent> errors = new ConsoleAppender<>();
    errors.setContext(logging);
    errors.setTarget("System.err");
    errors.setEncoder(lines);
    errors.start();
    Logger root = logging.getLogger(Logger.ROOT_LOGGER_NAME);
    root.addAppender(errors);
    // Libraries log warnings only; Carillon also what an operator wants to know.
    root.setLevel(Level.WARN);
    logging.getLogger("io.carillon").setLevel(Level.INFO);
    // jSMPP warns of every connection that ends; the outcome of an SMS is in its trace.
    logging.getLogger("org.jsmpp").setLevel(Level.ERROR);
    logging.start();
  }

  @Override
  public ILoggerFactory getLoggerFactory() {
    return logging;
  }

  @Override
  public IMarkerFactory getMarkerFactory() {
    return markers;
  }

  @Override
  public MDCAdapter getMDCAdapter() {
    return context;
  }

  @Override
  public String getRequestedApiVersion() {
    return "2.0";
  }
}
