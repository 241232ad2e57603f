// A network's text as a tree: sequences of layers, and blocks that branch and repeat. SpecificationParser.swift has the
// grammar.

/// The meaning of a text before any shape is known.
public struct Specification: Sendable {
  /// A layer or a block.
  public indirect enum Element: Equatable, Sendable {
    case layer(Operation)
    /// `residual( main | shortcut )`: the sum of both branches. An empty shortcut is the input itself.
    case residual(main: [Element], shortcut: [Element])
    /// `concat( a | b | … )`: the channels of all branches. An empty branch is the input itself.
    case concatenation([[Element]])
    /// `3*( … )`: the body several times in sequence, each time with its own parameters.
    case repetition(Int, [Element])
  }
  /// The layers and blocks from the image to the classes, without the output layer.
  public let elements: [Element]
  /// The output layer, if it is written out as `linear:classes`, with options; `nil` stands for the implied one.
  public let output: OutputLayer?
  /// The position of each element in the text, a block before its contents; empty if the tree was not read from a text.
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
  /// Whether both have the same layers and blocks. Blanks make no difference, nor does an output layer that is written
  /// out as it would be implied.
  ///
  /// - Complexity: O(number of elements).
  public static func == (one: Specification, other: Specification) -> Bool {
    one.elements == other.elements && one.output ?? OutputLayer() == other.output ?? OutputLayer()
  }
}

// MARK: - Text

extension Specification {
  /// The canonical text, which parses to an equal tree: single blanks, no defaults. It is empty without layers or options.
  ///
  /// - Complexity: O(number of elements).
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

/// The kinds of blocks whose branches meet; the raw value is the word.
public enum BlockKind: String, CaseIterable, Sendable {
  case residual
  case concatenation = "concat"
}

// MARK: - Dropout and the output layer

extension Specification {
  /// Whether any layer is a dropout.
  ///
  /// - Complexity: O(number of elements).
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

  /// Returns this specification with `probability` in every dropout.
  ///
  /// - Complexity: O(number of elements).
  public func settingDropout(_ probability: Double) -> Specification {
    let changed = Self.mapLayers(elements) {
      $0.isDropout ? .dropout(Dropout(probability: probability)) : $0
    }
    return Specification(elements: changed, output: output, positions: positions)
  }

  /// The specification without dropouts, as prediction computes it, for comparing two. It need not be a valid network.
  ///
  /// - Complexity: O(number of elements).
  public var withoutDropout: Specification {
    Specification(elements: Self.mapLayers(elements) { $0.isDropout ? nil : $0 }, output: output)
  }

  /// Returns `elements` with each layer changed, without those for which `change` returns `nil` and without repetitions
  /// that this empties.
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

  /// Returns this specification with its last layer as the output layer, if that is a linear layer of `classCount`
  /// outputs outside all blocks. Returns `nil` if it is not, or if the output layer is written out already.
  ///
  /// - Complexity: O(number of elements).
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
