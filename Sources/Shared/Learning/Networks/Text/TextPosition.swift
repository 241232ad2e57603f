// Positions in a text, for messages.

import ByteIO

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
