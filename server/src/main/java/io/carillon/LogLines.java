package io.carillon;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ConfiguratorRank;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.spi.ContextAwareBase;

/// What is logged, and how a line reads. Found by logback itself, unless there is a file for it.
///
/// In code, since reading it from XML took a tenth of a start.
@ConfiguratorRank(ConfiguratorRank.CUSTOM_LOW_PRIORITY)
public final class LogLines extends ContextAwareBase implements Configurator {
  private static final String LINE = "%d{yyyy-MM-dd'T'HH:mm:ss.SSS} %-5level %logger{24} %msg%n";

  @Override
  public ExecutionStatus configure(LoggerContext logging) {
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
    return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
  }
}
