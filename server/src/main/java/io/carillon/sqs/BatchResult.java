package io.carillon.sqs;

import io.carillon.aws.AwsException;
import io.carillon.aws.ErrorCode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.sqs.model.BatchResultErrorEntry;

/// Shared by the batch operations: validation of the whole batch, and a result for each entry,
/// since a batch with failed entries answers 200.
record BatchResult<R>(List<R> successful, List<BatchResultErrorEntry> failed) {
  private static final int MAX = 10;
  private static final Pattern ID = Pattern.compile("[A-Za-z0-9_-]{1,80}");

  /// Runs `each` on every entry; an AWS error fails only its entry.
  static <E, R> BatchResult<R> run(List<E> entries, Function<E, String> id, Function<E, R> each) {
    if (entries.isEmpty()) {
      throw SqsError.EMPTY_BATCH_REQUEST.exception();
    }
    if (entries.size() > MAX) {
      throw SqsError.TOO_MANY_ENTRIES.because(
          "Maximum number of entries per request are 10. You have sent " + entries.size() + ".");
    }
    Set<String> seen = new HashSet<>();
    for (E entry : entries) {
      String name = String.valueOf(id.apply(entry));
      if (!ID.matcher(name).matches()) {
        throw SqsError.INVALID_BATCH_ENTRY_ID.exception();
      }
      if (!seen.add(name)) {
        throw SqsError.BATCH_ENTRY_IDS_NOT_DISTINCT.because("Id " + name + " repeated.");
      }
    }
    List<R> successful = new ArrayList<>();
    List<BatchResultErrorEntry> failed = new ArrayList<>();
    for (E entry : entries) {
      try {
        successful.add(each.apply(entry));
      } catch (AwsException e) {
        failed.add(
            BatchResultErrorEntry.builder()
                .id(id.apply(entry))
                .code(codeInBatch(e.error()))
                .message(e.getMessage())
                .senderFault(true)
                .build());
      }
    }
    return new BatchResult<>(successful, failed);
  }

  /// In entries, the framework's errors have their older codes, in both protocols.
  private static String codeInBatch(ErrorCode error) {
    return error.code().endsWith("Exception") ? error.queryCode() : error.code();
  }

  /// SQS omits empty lists in its responses, and clients test `"Messages" in response`.
  static <T> @Nullable List<T> nullIfEmpty(List<T> list) {
    return list.isEmpty() ? null : list;
  }
}
