// The format of a stream's records. The specification is docs/stream-format.md.

/// The shape of an image: rows, columns, and 1 (grey) or 3 (RGB) interleaved channels.
public struct ImageShape: Equatable, Hashable, Sendable {
  public var height: Int
  public var width: Int
  public var channels: Int

  public init(height: Int, width: Int, channels: Int) {
    self.height = height
    self.width = width
    self.channels = channels
  }

  /// The size of an image in bytes, one for each channel of each pixel.
  public var byteCount: Int { height * width * channels }
}

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

extension ImageShape {
  /// The shape in error messages, `28×28` or `32×32×3`: height × width × channels.
  public var text: String { "\(height)×\(width)" + (channels == 1 ? "" : "×\(channels)") }
}
