package io.carillon.s3.model;

/// Where the bytes of an object or part lie.
///
/// @param id of a row of [ContentStore] or of a blob; empty where there are no bytes
public record ContentRef(Kind kind, String id, long sizeBytes) {

  public enum Kind {
    /// No bytes at all.
    EMPTY,
    /// In a row.
    INLINE,
    /// In a blob.
    BLOB,
    /// In the parts that a row lists.
    PARTS,
    /// In the parts that a row lists, of which readers see one object: a copy of what came in
    /// parts.
    JOINED
  }

  /// The same bytes, of which nobody sees that they came in parts.
  public ContentRef joined() {
    return kind == Kind.PARTS ? new ContentRef(Kind.JOINED, id, sizeBytes) : this;
  }

  public static final ContentRef NONE = new ContentRef(Kind.EMPTY, "", 0);
}
