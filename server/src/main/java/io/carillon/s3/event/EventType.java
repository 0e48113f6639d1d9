package io.carillon.s3.event;

/// The supported event types.
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

  /// The name in event records, without `s3:`.
  public String eventName() {
    return eventName;
  }

  /// Whether its records have a `sequencer`: creations and removals do.
  boolean hasSequencer() {
    return !eventName.startsWith("ObjectTagging:");
  }

  /// Whether its records have the object's size: creations do.
  boolean hasSize() {
    return eventName.startsWith("ObjectCreated:");
  }
}
