package io.carillon.s3;

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

/// Tells of objects whose bytes on the disk are damaged: each time in the log, once in the trace of
/// the object. The store says which file it is; only here is it known whose bytes these are.
final class DamagedObjects {
  private static final Logger LOG = LoggerFactory.getLogger(DamagedObjects.class);

  /// Beyond, an object is noted again at each read.
  private static final int REMEMBERED = 1_000;

  interface Opener {
    InputStream open() throws IOException;
  }

  private final Database database;
  private final Trace trace;
  private final Set<String> noted = ConcurrentHashMap.newKeySet();

  DamagedObjects(Database database, Trace trace) {
    this.database = database;
    this.trace = trace;
  }

  /// Opens the content of an object, now and as it is read looking for damage.
  InputStream watch(String bucket, ObjectKey key, Opener content) throws IOException {
    try {
      return new Watched(content.open(), bucket, key);
    } catch (DamagedBlobException e) {
      throw told(bucket, key, e);
    }
  }

  private DamagedBlobException told(String bucket, ObjectKey key, DamagedBlobException e) {
    LOG.error("The object s3://{}/{} cannot be read: {}", bucket, key, e.getMessage());
    String what = String.valueOf(e.getMessage());
    if (noted.size() < REMEMBERED ? noted.add(what) : !noted.contains(what)) {
      try {
        database.writeRelaxed(
            tx -> {
              trace.note(
                  tx,
                  trace.begin(),
                  Trace.Step.DAMAGED,
                  Map.of("bucket", bucket, "key", key.value(), "error", what));
              return what;
            });
      } catch (RuntimeException f) { // a full disk, a stop: the reader is told of the damage
        LOG.warn("The trace has no note of it: {}", f.getMessage());
      }
    }
    return e;
  }

  private final class Watched extends FilterInputStream {
    private final String bucket;
    private final ObjectKey key;

    private Watched(InputStream in, String bucket, ObjectKey key) {
      super(in);
      this.bucket = bucket;
      this.key = key;
    }

    @Override
    public int read() throws IOException {
      try {
        return in.read();
      } catch (DamagedBlobException e) {
        throw told(bucket, key, e);
      }
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      try {
        return in.read(bytes, offset, length);
      } catch (DamagedBlobException e) {
        throw told(bucket, key, e);
      }
    }
  }
}
