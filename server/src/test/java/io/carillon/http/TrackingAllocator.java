package io.carillon.http;

import io.netty.buffer.AbstractByteBufAllocator;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/// Knows each buffer that has not been released, with the place that allocated it, so that a test
/// that finds one says which it is.
final class TrackingAllocator extends AbstractByteBufAllocator {
  private static final int PRUNED_EVERY = 512;
  private static final int SHOWN_BYTES = 64;
  private static final int SHOWN_FRAMES = 12;

  private final ConcurrentLinkedQueue<Live> allocated = new ConcurrentLinkedQueue<>();
  private final AtomicInteger count = new AtomicInteger();

  /// A buffer and the frames that asked for it.
  record Live(ByteBuf buffer, Throwable origin) {
    @Override
    public String toString() {
      String content =
          buffer.refCnt() == 0
              ? ""
              : buffer.toString(
                  buffer.readerIndex(),
                  Math.min(SHOWN_BYTES, buffer.readableBytes()),
                  StandardCharsets.ISO_8859_1);
      return buffer
          + " that begins with \""
          + content.replaceAll("\\p{Cntrl}", "?")
          + "\", allocated at "
          + Arrays.stream(origin.getStackTrace()).skip(2).limit(SHOWN_FRAMES).toList();
    }
  }

  TrackingAllocator() {
    super(true);
  }

  List<Live> live() {
    return allocated.stream().filter(each -> each.buffer.refCnt() > 0).toList();
  }

  @Override
  protected ByteBuf newDirectBuffer(int initialCapacity, int maxCapacity) {
    return track(UnpooledByteBufAllocator.DEFAULT.directBuffer(initialCapacity, maxCapacity));
  }

  @Override
  protected ByteBuf newHeapBuffer(int initialCapacity, int maxCapacity) {
    return track(UnpooledByteBufAllocator.DEFAULT.heapBuffer(initialCapacity, maxCapacity));
  }

  private ByteBuf track(ByteBuf buffer) {
    allocated.add(new Live(buffer, new Throwable("allocated here")));
    if (count.incrementAndGet() % PRUNED_EVERY == 0) {
      allocated.removeIf(each -> each.buffer.refCnt() == 0);
    }
    return buffer;
  }

  @Override
  public boolean isDirectBufferPooled() {
    return false;
  }
}
