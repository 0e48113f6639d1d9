package io.carillon.s3.model;

/// Where the bytes of an object or part are stored.
///
/// @param id of a row of [ContentStore] or of a blob; empty if there are no bytes
public record ContentRef(Kind kind, String id, long sizeBytes) {

  public enum Kind {
    /// There are no bytes.
    EMPTY,
    /// In a row.
    INLINE,
    /// In a blob.
    BLOB,
    /// In the parts that a row lists.
    PARTS,
    /// In the parts that a row lists, hidden from readers: a copy of a multipart object.
    JOINED
  }

  /// The same bytes without visible parts.
  public ContentRef joined() {
    return kind == Kind.PARTS ? new ContentRef(Kind.JOINED, id, sizeBytes) : this;
  }

  public static final ContentRef NONE = new ContentRef(Kind.EMPTY, "", 0);
}
