// Pooling over windows of a map: each channel by itself.

/// `pool[:SIZE][,stride=SIZE][,padding=0]`, `pool:average[,size=2][,stride=SIZE][,padding=0]`
public struct Pooling: Equatable, Sendable {
  public enum Kind: Equatable, Sendable {
    case maximum
    /// The mean over the window, padding included.
    case average
  }
  public var kind: Kind
  /// Rows and columns of a window.
  public var size: Int
  public var stride: Int
  /// Rows and columns on each side: zeros for an average, nothing for a maximum.
  public var padding: Int

  /// `stride` nil is the size.
  public init(kind: Kind = .maximum, size: Int = 2, stride: Int? = nil, padding: Int = 0) {
    self.kind = kind
    self.size = size
    self.stride = stride ?? size
    self.padding = padding
  }
}

/// `pool:global` (the maximum), `pool:average,global`: over the whole map, to a vector of its channels.
public struct GlobalPooling: Equatable, Sendable {
  public var kind: Pooling.Kind

  public init(kind: Pooling.Kind = .maximum) { self.kind = kind }
}
