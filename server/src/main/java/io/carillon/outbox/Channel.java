package io.carillon.outbox;

/// The jobs of one kind in a lane: different deliveries have different bounds.
record Channel(String kind, String lane) {
  Channel {
    if (kind.indexOf('|') >= 0) {
      throw new IllegalArgumentException("A kind has no bar: " + kind);
    }
  }

  /// The name of its queue in the table.
  String queue() {
    return kind + '|' + lane;
  }

  static Channel of(String queue) {
    int end = queue.indexOf('|');
    return new Channel(queue.substring(0, end), queue.substring(end + 1));
  }
}
