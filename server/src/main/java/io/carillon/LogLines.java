package io.carillon;

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

/// What is logged, and how a line reads, unless `-Dlogback.configurationFile` names a file for it.
///
/// SLF4J is told of this class by name: looking for it, and then for what configures logback, opens
/// every jar, which took a tenth of a start.
public final class LogLines implements SLF4JServiceProvider {
  /// In UTC, as all that Carillon says of times. The rules of a local zone are looked for in every
  /// jar as well.
  private static final String LINE =
      "%d{yyyy-MM-dd'T'HH:mm:ss.SSS'Z', UTC} %-5level %logger{24} %msg%n";

  private final LoggerContext logging = new LoggerContext();
  private final IMarkerFactory markers = new BasicMarkerFactory();
  private final MDCAdapter context = new LogbackMDCAdapter();

  /// Has to come before the first logger.
  public static void use() {
    if (System.getProperty("logback.configurationFile") == null) {
      System.setProperty("slf4j.provider", LogLines.class.getName());
      System.setProperty("slf4j.internal.verbosity", "WARN"); // or it says that it was told
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
    // Libraries speak only of trouble; Carillon of what an operator wants to know.
    root.setLevel(Level.WARN);
    logging.getLogger("io.carillon").setLevel(Level.INFO);
    // Warns of every connection that ends; what became of a text stands in its trace.
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
