// A network's text as a tree: layers in a row, and the blocks that branch and repeat. The grammar is in
// SpecificationParser.swift.

/// What a text says, before any shape is known.
public struct Specification: Sendable {
  /// A layer or a block.
  public indirect enum Element: Equatable, Sendable {
    case layer(Operation)
    /// `residual( main | shortcut )`: the sum of both; an empty shortcut is the input itself.
    case residual(main: [Element], shortcut: [Element])
    /// `concat( a | b | … )`; an empty branch is the input itself.
    case concatenation([[Element]])
    /// `3*( … )`
    case repetition(Int, [Element])
  }
  /// From the image to the classes, without the output layer.
  public let elements: [Element]
  /// The output layer, where it is written out as `linear:classes`, with options; `nil` means the implied one.
  public let output: OutputLayer?
  /// Where each element stands in the text that was read, a block before what is inside it; empty if none was.
  let positions: [TextPosition]

  public struct OutputLayer: Equatable, Sendable {
    public var hasBias: Bool

    public init(hasBias: Bool = true) { self.hasBias = hasBias }
  }

  public init(elements: [Element], output: OutputLayer? = nil) {
    self.init(elements: elements, output: output, positions: [])
  }

  init(elements: [Element], output: OutputLayer?, positions: [TextPosition]) {
    self.elements = elements
    self.output = output
    self.positions = positions
  }
}

extension Specification: Equatable {
  /// Whether both describe one network in one way: an output layer written out as it would be implied makes no
  /// difference, nor do blanks.
  public static func == (one: Specification, other: Specification) -> Bool {
    one.elements == other.elements && one.output ?? OutputLayer() == other.output ?? OutputLayer()
  }
}

// MARK: - Text

extension Specification {
  /// The text that gives it again: blanks single, and nothing that is default. Empty for the output layer alone.
  public var text: String {
    var words = Self.words(of: elements)
    if let output, output != OutputLayer() { words.append(output.text) }
    return words.joined(separator: " ")
  }

  private static func words(of elements: [Element]) -> [String] {
    elements.flatMap { element -> [String] in
      switch element {
      case .layer(let operation): [operation.text]
      case .residual(let main, let shortcut):
        words(of: BlockKind.residual.rawValue + "(", [main] + (shortcut.isEmpty ? [] : [shortcut]))
      case .concatenation(let branches): words(of: BlockKind.concatenation.rawValue + "(", branches)
      case .repetition(let count, let body): words(of: "\(count)*(", [body])
      }
    }
  }

  private static func words(of head: String, _ branches: [[Element]]) -> [String] {
    [head] + branches.map(words).joined(separator: ["|"]) + [")"]
  }
}

/// A block whose branches meet, by its word.
public enum BlockKind: String, CaseIterable, Sendable {
  case residual
  case concatenation = "concat"
}

// MARK: - Dropout and the output layer

extension Specification {
  /// Whether any layer is a dropout.
  public var hasDropout: Bool { Self.hasDropout(elements) }

  private static func hasDropout(_ elements: [Element]) -> Bool {
    elements.contains { element in
      switch element {
      case .layer(let operation): operation.isDropout
      case .residual(let main, let shortcut): hasDropout(main) || hasDropout(shortcut)
      case .concatenation(let branches): branches.contains(where: hasDropout)
      case .repetition(_, let body): hasDropout(body)
      }
    }
  }

  /// The same with every dropout of that probability.
  public func settingDropout(_ probability: Double) -> Specification {
    let changed = Self.mapLayers(elements) {
      $0.isDropout ? .dropout(Dropout(probability: probability)) : $0
    }
    return Specification(elements: changed, output: output, positions: positions)
  }

  /// What is computed outside training, for comparing two; it need not be a network of its own.
  public var withoutDropout: Specification {
    Specification(elements: Self.mapLayers(elements) { $0.isDropout ? nil : $0 }, output: output)
  }

  /// Changes layers, or leaves out those that become `nil`, with repetitions that this empties.
  private static func mapLayers(_ elements: [Element], _ change: (Operation) -> Operation?) -> [Element] {
    elements.compactMap { element in
      switch element {
      case .layer(let operation): return change(operation).map(Element.layer)
      case .residual(let main, let shortcut):
        return .residual(main: mapLayers(main, change), shortcut: mapLayers(shortcut, change))
      case .concatenation(let branches): return .concatenation(branches.map { mapLayers($0, change) })
      case .repetition(let count, let body):
        let changed = mapLayers(body, change)
        return changed.isEmpty ? nil : .repetition(count, changed)
      }
    }
  }

  /// The same with its last layer as the output layer, if that is a linear one of `classCount` outputs and outside of any
  /// block; `nil` if not, or if the output layer is written out already.
  public func takingOutput(classCount: Int) -> Specification? {
    guard output == nil, case .layer(.linear(let last))? = elements.last, last.outputs == classCount else {
      return nil
    }
    return Specification(
      elements: elements.dropLast(), output: OutputLayer(hasBias: last.hasBias),
      positions: positions.dropLast())
  }
}

extension Operation {
  fileprivate var isDropout: Bool {
    if case .dropout = self { true } else { false }
  }
}
