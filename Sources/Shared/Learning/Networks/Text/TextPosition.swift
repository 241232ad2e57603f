// Where in a text something stands, for messages.

import ByteIO

/// A place in a specification's text.
public struct TextPosition: Equatable, Sendable {
  /// From 1; `nil` in a text of one line.
  public let line: Int?
  /// In characters, from 1.
  public let column: Int

  init(line: Int? = nil, column: Int) {
    self.line = line
    self.column = column
  }

  /// `column 7`, `line 2, column 7`
  var text: String { (line.map { "line \($0), " } ?? "") + "column \(column)" }
}

/// A layer that a message is about.
public struct LayerPlace: Equatable, Sendable {
  /// As it was typed, or its canonical text.
  public let word: String
  /// Its number among the layers of the text, from 1; blocks and repetitions do not count.
  public let number: Int
  /// The name of its node, `block2.conv1`, where the network was already being put together.
  public var path: String?
  /// Where it stands; `nil` where the network was not read from a text.
  public let position: TextPosition?

  init(word: String, number: Int, path: String? = nil, position: TextPosition? = nil) {
    self.word = word
    self.number = number
    self.path = path
    self.position = position
  }

  /// The layer as a message begins with it.
  var text: String { "layer \(number) '\(displayed(word))'" }

  /// What a message ends with: ` (block2.conv1, column 7)`, or nothing.
  var suffix: String { Self.suffix(path, position) }

  static func suffix(_ path: String?, _ position: TextPosition?) -> String {
    let parts = [path, position?.text].compactMap { $0 }
    return parts.isEmpty ? "" : " (\(parts.joined(separator: ", ")))"
  }
}
