package io.carillon.s3.event;

/// What can happen to an object here, by the name that events carry.
///
/// Source:
/// https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-event-types-and-destinations.html
public enum EventType {
  CREATED_PUT("ObjectCreated:Put"),
  CREATED_POST("ObjectCreated:Post"),
  CREATED_COPY("ObjectCreated:Copy"),
  CREATED_COMPLETE_MULTIPART_UPLOAD("ObjectCreated:CompleteMultipartUpload"),
  REMOVED_DELETE("ObjectRemoved:Delete"),
  REMOVED_DELETE_MARKER_CREATED("ObjectRemoved:DeleteMarkerCreated"),
  TAGGING_PUT("ObjectTagging:Put"),
  TAGGING_DELETE("ObjectTagging:Delete");

  private final String eventName;

  EventType(String eventName) {
    this.eventName = eventName;
  }

  /// As records carry it: without `s3:`.
  public String eventName() {
    return eventName;
  }

  /// Whether events of it carry a `sequencer`: creations and removals do.
  boolean isSequenced() {
    return !eventName.startsWith("ObjectTagging:");
  }

  /// Whether events of it carry the object's size: creations do.
  boolean isSized() {
    return eventName.startsWith("ObjectCreated:");
  }
}
