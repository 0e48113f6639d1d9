package io.carillon.s3;

import io.carillon.aws.RequestAuthorization;
import io.carillon.s3.model.ObjectKey;
import io.carillon.store.DamagedBlobException;
import io.carillon.store.Database;
import io.carillon.trace.Trace;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Reports objects whose stored bytes are damaged: in the log each time, in the object's trace
/// once. The store reports only the file; here the object is known.
final class DamagedObjects {
  private static final Logger LOG = LoggerFactory.getLogger(DamagedObjects.class);

  /// Beyond this number, an object is added to the trace again at each read.
  private static final int MAX_TRACED = 1_000;

  interface Opener {
    InputStream open() throws IOException;
  }

  private final Database database;
  private final Trace trace;
  private final Set<String> traced = ConcurrentHashMap.newKeySet();

  DamagedObjects(Database database, Trace trace) {
    this.database = database;
    this.trace = trace;
  }

  /// Opens the content of an object and reports damage that is found on opening or reading.
  InputStream open(String bucket, ObjectKey key, Opener content) throws IOException {
    try {
      return new ReportingStream(content.open(), bucket, key);
    } catch (DamagedBlobException e) {
      throw report(bucket, key, e);
    }
  }

  private DamagedBlobException report(String bucket, ObjectKey key, DamagedBlobException e) {
    LOG.error("The object s3://{}/{} cannot be read: {}", bucket, key, e.getMessage());
    String what = String.valueOf(e.getMessage());
    if (traced.size() < MAX_TRACED ? traced.add(what) : !traced.contains(what)) {
      try {
        RequestAuthorization.asServer(() -> note(bucket, key, what));
      } catch (
          RuntimeException
              f) { // such as a full disk or a shutdown; the reader gets the original exception
        LOG.warn("The damage could not be added to the trace: {}", f.getMessage());
      }
    }
    return e;
  }

  private void note(String bucket, ObjectKey key, String what) {
    database.writeRelaxed(
        tx -> {
          trace.note(
              tx,
              trace.begin(),
              Trace.Step.DAMAGED,
              Map.of("bucket", bucket, "key", key.value(), "error", what));
          return what;
        });
  }

  private final class ReportingStream extends FilterInputStream {
    private final String bucket;
    private final ObjectKey key;

    private ReportingStream(InputStream in, String bucket, ObjectKey key) {
      super(in);
      this.bucket = bucket;
      this.key = key;
    }

    @Override
    public int read() throws IOException {
      try {
        return in.read();
      } catch (DamagedBlobException e) {
        throw report(bucket, key, e);
      }
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      try {
        return in.read(bytes, offset, length);
      } catch (DamagedBlobException e) {
        throw report(bucket, key, e);
      }
    }
  }
}
