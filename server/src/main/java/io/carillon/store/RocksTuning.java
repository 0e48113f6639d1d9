package io.carillon.store;

import java.util.List;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.Cache;
import org.rocksdb.CompressionType;
import org.rocksdb.InfoLogLevel;
import org.rocksdb.LRUCache;
import org.rocksdb.Options;
import org.rocksdb.TablePropertiesCollectorFactory;
import org.rocksdb.WALRecoveryMode;

/// The RocksDB options. Memory is bounded: 64 MiB of cached blocks (indexes and filters included)
/// and 64 MiB of rows not yet in tables; so is the log, and with it the time to recover.
final class RocksTuning implements AutoCloseable {
  private static final long MIB = 1 << 20;

  private final Cache cache = new LRUCache(64 * MIB);
  private final BloomFilter bloom = new BloomFilter(10);

  /// Queues leave tombstones: a table with 512 of them among 1,024 rows is compacted soon.
  private final TablePropertiesCollectorFactory deletions =
      TablePropertiesCollectorFactory.NewCompactOnDeletionCollectorFactory(1024, 512, 0.5);

  private final Options options = new Options();

  RocksTuning() {
    options.setTablePropertiesCollectorFactory(List.of(deletions));
    options
        .setCreateIfMissing(true)
        .setWalRecoveryMode(WALRecoveryMode.AbsoluteConsistency) // StoreFolder has cut torn ends
        .setAllowMmapReads(false)
        .setAllowMmapWrites(false)
        .setManualWalFlush(false)
        .setWriteBufferSize(16 * MIB)
        .setMaxWriteBufferNumber(4)
        .setMaxTotalWalSize(128 * MIB)
        .setMaxOpenFiles(512)
        .setMaxBackgroundJobs(2)
        .setCompressionType(CompressionType.LZ4_COMPRESSION)
        .setInfoLogLevel(InfoLogLevel.WARN_LEVEL)
        .setMaxLogFileSize(MIB)
        .setKeepLogFileNum(3)
        .setStatsDumpPeriodSec(0)
        .setStatsPersistPeriodSec(0)
        .setTableFormatConfig(
            new BlockBasedTableConfig()
                .setBlockCache(cache)
                .setCacheIndexAndFilterBlocks(true)
                .setPinL0FilterAndIndexBlocksInCache(true)
                .setBlockSize(16 << 10)
                .setFormatVersion(6)
                .setFilterPolicy(bloom));
  }

  Options options() {
    return options;
  }

  @Override
  public void close() {
    options.close();
    deletions.close();
    bloom.close();
    cache.close();
  }
}
