// What the records of a stream hold. The normative text is docs/stream-format.md.

/// The size of an image: rows, columns, and 1 (grey) or 3 (RGB) channels, interleaved.
public struct ImageShape: Equatable, Hashable, Sendable {
  public var height: Int
  public var width: Int
  public var channels: Int

  public init(height: Int, width: Int, channels: Int) {
    self.height = height
    self.width = width
    self.channels = channels
  }

  /// The bytes of an image, one a channel of a pixel.
  public var byteCount: Int { height * width * channels }
}

/// The fields of a stream's records.
public struct RecordFormat: Equatable, Sendable {
  /// What a record is about.
  public enum Content: Equatable, Sendable {
    case image(ImageShape)
    /// A predicted class and a probability for each of `classCount` classes, or the natural logarithms of these.
    case prediction(classCount: Int, isLogarithmic: Bool = false)
  }
  public var content: Content
  /// Whether records carry the true class.
  public var hasLabels: Bool
  /// Whether records carry a name.
  public var hasNames: Bool

  public init(content: Content, hasLabels: Bool, hasNames: Bool) {
    self.content = content
    self.hasLabels = hasLabels
    self.hasNames = hasNames
  }

  /// The shape of the images, `nil` for predictions.
  public var imageShape: ImageShape? {
    if case .image(let shape) = content { shape } else { nil }
  }

  /// The number of classes of predictions, `nil` for images.
  public var classCount: Int? {
    if case .prediction(let count, _) = content { count } else { nil }
  }

  /// Whether predictions have the natural logarithms of probabilities in place of these.
  public var isLogarithmic: Bool {
    if case .prediction(_, let isLogarithmic) = content { isLogarithmic } else { false }
  }
}

extension ImageShape {
  /// `28×28` or `32×32×3`, as error messages write it: height × width × channels.
  public var text: String { "\(height)×\(width)" + (channels == 1 ? "" : "×\(channels)") }
}
