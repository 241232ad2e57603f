/// The bounds of the stream format. docs/stream-format.md gives the reason for each.
public enum StreamLimits {
  /// The maximum number of rows, and of columns, of an image.
  public static let imageSide = 4096
  /// The maximum number of classes: labels are single bytes.
  public static let classCount = 256
  /// The maximum size of a record's name in bytes: Linux's longest path.
  public static let nameByteCount = 4096
  /// The maximum size of an array's header in bytes, including the ten before its text.
  public static let headerByteCount = 4096
  /// The maximum size of the end's JSON in bytes: room for eight of Linux's longest command lines.
  public static let endByteCount = 16 << 20
  /// The number of records that a writer puts into a chunk if they fit into ``chunkByteCount``.
  public static let chunkRecordCount = 1024
  /// The maximum size in bytes of a writer's chunk, without its header. A larger record gets a chunk to itself.
  public static let chunkByteCount = 1 << 20
}
