/// The bounds of the stream format. docs/stream-format.md gives the reason for each.
public enum StreamLimits {
  /// The most rows, and the most columns, of an image.
  public static let imageSide = 4096
  /// The most classes: labels are single bytes.
  public static let classCount = 256
  /// The most bytes of a record's name: the longest path that Linux takes.
  public static let nameByteCount = 4096
  /// The most bytes of an array's header, with the ten before its text.
  public static let headerByteCount = 4096
  /// The most bytes of the end's JSON: room for eight of the longest command lines that Linux takes.
  public static let endByteCount = 16 << 20
  /// The records of a writer's chunk, if they fit ``chunkByteCount``.
  public static let chunkRecordCount = 1024
  /// The bytes of the records of a writer's chunk; a single larger record is a chunk of its own.
  public static let chunkByteCount = 1 << 20
}
