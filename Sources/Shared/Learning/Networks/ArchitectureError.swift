// What is wrong with a specification, and the place in its text that a message names.

import ByteIO

/// The reason why a specification does not describe a network.
public enum ArchitectureError: Failure, Equatable {
  case empty
  /// There are more layers than ``Specification/maximumLayers``, with every repetition unrolled.
  case tooLong(Int)
  /// Blocks are nested deeper than ``Specification/maximumDepth``.
  case tooDeep(TextPosition?)
  case unknownLayer(LayerPlace, suggestion: String?)
  /// A preset's name has layers before or after it.
  case presetAmongLayers(LayerPlace, Preset)
  /// Other tools require this layer; here it is implied.
  case impliedLayer(LayerPlace, reason: String)
  case malformedLayer(LayerPlace, expected: String)
  case doesNotFit(LayerPlace, input: FeatureShape, reason: String)
  /// A parenthesis, a branch or a repetition breaks the grammar.
  case malformedBlock(TextPosition?, reason: String)
  /// The results of a block's branches cannot be added or joined. `block` is `residual` or `concat`.
  case branchesDiffer(block: String, path: String, TextPosition?, reason: String)
  case classCount(Int)

  public var kind: FailureKind {
    switch self {
    case .classCount: .badData
    default: .usage
    }
  }

  public var description: String {
    switch self {
    case .empty:
      "the architecture is empty; give a preset (\(Self.presetNames)) or layers, such as 'linear:64 relu'"
    case .tooLong(let count):
      "the architecture has \(count > Self.countedLayers ? "more than \(Self.countedLayers)" : "\(count)")"
        + " layers; at most \(Specification.maximumLayers) are allowed"
    case .tooDeep(let position):
      "blocks are nested more than \(Specification.maximumDepth) deep"
        + LayerPlace.suffix(nil, position)
    case .unknownLayer(let place, let suggestion):
      "\(place.text) is neither a preset (\(Self.presetNames)) nor one of"
        + " \(Vocabulary.kinds.joined(separator: ", "))"
        + (suggestion.map { "; did you mean '\(displayed($0))'?" } ?? "") + place.suffix
    case .presetAmongLayers(let place, let preset):
      "layer \(place.number) '\(preset.name)' is a preset, which must stand alone;"
        + " to change its layers, write them out: '\(preset.specification)'"
        + place.suffix
    case .impliedLayer(let place, let reason): "\(place.text) must be left out: \(reason)" + place.suffix
    case .malformedLayer(let place, let expected): "\(place.text): expected \(expected)" + place.suffix
    case .doesNotFit(let place, let input, let reason):
      "\(place.text) does not fit its input of \(input): \(reason)" + place.suffix
    case .malformedBlock(let position, let reason): reason + LayerPlace.suffix(nil, position)
    case .branchesDiffer(let block, let path, let position, let reason):
      "'\(block)': \(reason)" + LayerPlace.suffix(path, position)
    case .classCount(let count): "\(count == 1 ? "1 class" : "\(count) classes"); a classifier has 2 to 256"
    }
  }

  /// Repetitions of repetitions can exceed the limit by far. Beyond this number, an exact count would help nobody.
  private static let countedLayers = 1_000_000_000

  private static var presetNames: String { Architecture.presets.map(\.name).joined(separator: ", ") }
}

// MARK: - Places

/// A position in a specification's text.
public struct TextPosition: Equatable, Sendable {
  /// The line, counted from 1; `nil` if the text has only one.
  public let line: Int?
  /// The column in characters, counted from 1.
  public let column: Int

  init(line: Int? = nil, column: Int) {
    self.line = line
    self.column = column
  }

  /// The position in messages: `column 7`, or `line 2, column 7`.
  var text: String { (line.map { "line \($0), " } ?? "") + "column \(column)" }
}

/// A layer that a message is about.
public struct LayerPlace: Equatable, Sendable {
  /// The layer's word as it was typed, or its canonical text.
  public let word: String
  /// The number among the layers of the text, from 1. Blocks do not count, and repeated layers count once.
  public let number: Int
  /// The name of its node, such as `block2.conv1`; `nil` if the graph was not yet being built.
  public var path: String?
  /// The layer's position; `nil` if the network was not read from a text.
  public let position: TextPosition?

  init(word: String, number: Int, path: String? = nil, position: TextPosition? = nil) {
    self.word = word
    self.number = number
    self.path = path
    self.position = position
  }

  /// The beginning of a message about the layer.
  var text: String { "layer \(number) '\(displayed(word))'" }

  /// The end of a message about the layer: ` (block2.conv1, column 7)`, or nothing.
  var suffix: String { Self.suffix(path, position) }

  static func suffix(_ path: String?, _ position: TextPosition?) -> String {
    let parts = [path, position?.text].compactMap { $0 }
    return parts.isEmpty ? "" : " (\(parts.joined(separator: ", ")))"
  }
}
