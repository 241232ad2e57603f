// Pooling over windows of a map, each channel by itself, as PyTorch's MaxPool2d and AvgPool2d do in floor mode: rows
// and columns that do not fill a window are dropped.

import ByteIO

/// `pool[:SIZE][,stride=SIZE][,padding=0]`, `pool:average[,size=2][,stride=SIZE][,padding=0]`
public struct Pooling: Equatable, Sendable {
  public enum Kind: Equatable, Sendable {
    case maximum
    /// The mean over the window, padding included.
    case average
  }
  public var kind: Kind
  /// The rows, and the columns, of a window.
  public var size: Int
  public var stride: Int
  /// The rows, and the columns, of padding on each side. An average counts them as zeros; a maximum ignores them.
  public var padding: Int

  /// The default stride is the size.
  public init(kind: Kind = .maximum, size: Int = 2, stride: Int? = nil, padding: Int = 0) {
    self.kind = kind
    self.size = size
    self.stride = stride ?? size
    self.padding = padding
  }
}

// MARK: - Text

extension Pooling: WrittenOperation {
  static let words = ["pool"]
  static let options = ["size", "stride", "padding"]

  /// Accepts `average`, `max`, `global` and a size in any order: `pool:3,average` is `pool:average,size=3`.
  static func parse(_ word: inout WordArguments) throws(ArchitectureError) -> Operation {
    var kind: Kind?
    var size: Int?
    var isGlobal = false
    for part in word.takeValueAndFlags() {
      switch part {
      case "average" where kind == nil: kind = .average
      case "max" where kind == nil: kind = .maximum
      case "global" where !isGlobal: isGlobal = true
      case _ where part.first?.isLetter != true && size == nil: size = try word.integer(in: part)
      default:
        throw word.malformed(
          "pool:SIZE, pool:average or pool:global, each only once, in place of '\(displayed(String(part)))'")
      }
    }
    if size == nil, !isGlobal { size = try word.integer("size") }
    guard !isGlobal else {
      guard size == nil, word.hasNoOptions else {
        throw word.malformed("no size, stride or padding, since a global pooling covers the whole map")
      }
      return .globalPool(GlobalPooling(kind: kind ?? .maximum))
    }
    return .pool(
      Pooling(
        kind: kind ?? .maximum, size: size ?? 2, stride: try word.integer("stride"),
        padding: try word.integer("padding") ?? 0))
  }

  var text: String {
    var text =
      switch kind {
      case .maximum: size == 2 ? "pool" : "pool:\(size)"
      case .average: "pool:average" + (size == 2 ? "" : ",size=\(size)")
      }
    if stride != size { text += ",stride=\(stride)" }
    return padding == 0 ? text : text + ",padding=\(padding)"
  }

  var stem: String { "pool" }
}

// MARK: - Shapes

extension Pooling {
  /// The largest window. The position of a maximum in its window is stored in a byte.
  static let maximumSize = 16

  func output(of inputs: [FeatureShape]) throws(Misfit) -> FeatureShape {
    guard case .map(let height, let width, let channels) = inputs[0] else { throw Self.noMap }
    guard size >= 1, stride >= 1 else { throw Misfit("size and stride must be at least 1") }
    guard size <= Self.maximumSize else { throw Misfit("a window can be at most \(Self.maximumSize) wide") }
    // This gives every window at least one pixel of the map, and so a maximum.
    guard (0...size / 2).contains(padding) else {
      throw Misfit("the padding must be at most half the window: 0 to \(size / 2)")
    }
    let rows = windowCount(height, window: size, stride: stride, padding: padding)
    let columns = windowCount(width, window: size, stride: stride, padding: padding)
    guard rows >= 1, columns >= 1 else { throw Misfit("the window is larger than the image") }
    return .map(height: rows, width: columns, channels: channels)
  }

  fileprivate static let noMap = Misfit(
    "pooling needs a map, so it cannot come after a linear layer or a global pooling")

  /// A maximum only compares; a mean adds the window's values and divides.
  func floatingPointOperations(input: FeatureShape, output: FeatureShape) -> Int {
    kind == .maximum ? 0 : output.count * size * size
  }
}

// MARK: - Over the whole map

/// `pool:global` (the maximum), `pool:average,global`: pools the whole map into a vector, one value for each channel.
public struct GlobalPooling: Equatable, Sendable {
  public var kind: Pooling.Kind

  public init(kind: Pooling.Kind = .maximum) { self.kind = kind }
}

extension GlobalPooling: OperationRules {
  var text: String { kind == .maximum ? "pool:global" : "pool:average,global" }
  var stem: String { "pool" }

  func output(of inputs: [FeatureShape]) throws(Misfit) -> FeatureShape {
    guard case .map(_, _, let channels) = inputs[0] else { throw Pooling.noMap }
    return .vector(channels)
  }

  func floatingPointOperations(input: FeatureShape, output: FeatureShape) -> Int {
    kind == .maximum ? 0 : input.count
  }
}
