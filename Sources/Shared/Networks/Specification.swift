// A network's text as a tree: layers in a row, and the blocks that branch and repeat.

/// What a text says, before any shape is known.
public struct Specification: Equatable, Sendable {
  /// A layer or a block.
  public indirect enum Element: Equatable, Sendable {
    case layer(Operation)
    /// `residual( main | shortcut )`: the sum of both; an empty shortcut is the input itself.
    case residual(main: [Element], shortcut: [Element])
    /// `concat( a | b | … )`
    case concatenation([[Element]])
    /// `3*( … )`
    case repetition(Int, [Element])
  }
  /// From the image to the classes, without the output layer if that is the implied one.
  public var elements: [Element]
  /// The output layer, where it is written out as `linear:classes`, with options; `nil` means the implied one.
  public var output: OutputLayer?

  public struct OutputLayer: Equatable, Sendable {
    public var hasBias: Bool

    public init(hasBias: Bool = true) { self.hasBias = hasBias }
  }

  public init(elements: [Element], output: OutputLayer? = nil) {
    self.elements = elements
    self.output = output
  }
}
