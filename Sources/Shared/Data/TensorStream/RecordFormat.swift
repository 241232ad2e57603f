// The format of a stream's records, and the limits of streams. The specification is docs/stream-format.md.

/// The fields of a stream's records.
public struct RecordFormat: Equatable, Sendable {
  /// The subject of a record: an image or a prediction.
  public enum Content: Equatable, Sendable {
    case image(ImageShape)
    /// A predicted class and, for each of `classCount` classes, a probability or its natural logarithm.
    case prediction(classCount: Int, isLogarithmic: Bool = false)
  }
  public var content: Content
  /// Whether records have a label, the true class.
  public var hasLabels: Bool
  /// Whether records have a name.
  public var hasNames: Bool

  public init(content: Content, hasLabels: Bool, hasNames: Bool) {
    self.content = content
    self.hasLabels = hasLabels
    self.hasNames = hasNames
  }

  /// The shape of the images; `nil` for predictions.
  public var imageShape: ImageShape? {
    if case .image(let shape) = content { shape } else { nil }
  }

  /// The number of classes of the predictions; `nil` for images.
  public var classCount: Int? {
    if case .prediction(let count, _) = content { count } else { nil }
  }

  /// Whether predictions have natural logarithms of probabilities instead of probabilities.
  public var isLogarithmic: Bool {
    if case .prediction(_, let isLogarithmic) = content { isLogarithmic } else { false }
  }
}

extension RecordFormat {
  /// Whether the sizes are within the format's limits. Beyond them, the sums in ``RecordLayout`` may overflow.
  var isWithinLimits: Bool {
    switch content {
    case .image(let shape):
      (1...StreamLimits.imageSide).contains(shape.height)
        && (1...StreamLimits.imageSide).contains(shape.width)
        && (shape.channels == 1 || shape.channels == 3)
    case .prediction(let classCount, _):
      (1...StreamLimits.classCount).contains(classCount)
    }
  }
}

extension RecordFormat: CustomStringConvertible {
  /// The content of the records in words.
  public var description: String {
    let subject =
      switch content {
      case .image(let shape): "\(shape) images"
      case .prediction(let classCount, let isLogarithmic):
        "predictions of \(classCount) \(classCount == 1 ? "class" : "classes")"
          + (isLogarithmic ? ", logarithmic" : "")
      }
    let extras = (hasLabels ? ["labels"] : []) + (hasNames ? ["names"] : [])
    return extras.isEmpty ? subject : subject + " with " + extras.joined(separator: " and ")
  }
}

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
