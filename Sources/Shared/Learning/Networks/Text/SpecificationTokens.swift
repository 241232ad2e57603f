// Cuts a specification's text into words, a layer each, and the marks of blocks: ( ) | *
//
// Blanks stand between layers; commas and semicolons may, too. A comma also joins a layer to its options, so which of
// both it does depends on what follows. Capitals make no difference; # begins a comment up to the end of its line.

/// A word or a mark, and where it stands.
struct SpecificationToken: Equatable {
  enum Kind: Equatable {
    /// `kind[:value][,key=value]…` in small letters.
    case word(String)
    case open
    case close
    case bar
    case times
  }
  var kind: Kind
  let position: TextPosition
  /// Whether it follows the one before without a blank, as the parenthesis in `linear(64)` does.
  let isGlued: Bool

  var word: String? { if case .word(let word) = kind { word } else { nil } }

  /// Adds another part to a word.
  fileprivate mutating func extend(by part: ArraySlice<Character>) {
    guard case .word(var word) = kind else { return }
    // The only copy of the word grows in place; a word of many parts would be copied for each.
    kind = .bar
    word.append(",")
    word.append(contentsOf: part)
    kind = .word(word)
  }
}

extension SpecificationToken {
  /// All tokens of a text. Any text has some: what makes no sense is a word that no layer has.
  static func tokens(of text: String) -> [SpecificationToken] {
    let written = text.lastIndex { !$0.isWhitespace } ?? text.startIndex
    var cutting = TokenCutting(hasLines: text[..<written].contains(where: \.isNewline))
    for character in text { cutting.take(character) }
    cutting.endPiece(before: nil)
    return cutting.tokens
  }
}

private struct TokenCutting {
  static let marks: [Character: SpecificationToken.Kind] = ["(": .open, ")": .close, "|": .bar, "*": .times]

  /// Whether positions tell the line.
  let hasLines: Bool
  var tokens: [SpecificationToken] = []
  private var line = 1
  private var column = 1
  private var isComment = false
  /// What stands between blanks and marks, and where it begins.
  private var piece: [Character] = []
  private var pieceColumn = 1
  /// Whether nothing but the last token stands before the place reached.
  private var isGlued = false

  init(hasLines: Bool) { self.hasLines = hasLines }

  mutating func take(_ character: Character) {
    defer {
      column += 1
      if character.isNewline { (line, column, isComment) = (line + 1, 1, false) }
    }
    if isComment { return }
    if let mark = Self.marks[character] {
      endPiece(before: mark)
      tokens.append(SpecificationToken(kind: mark, position: position(column), isGlued: isGlued))
      isGlued = true
    } else if character.isWhitespace || character == ";" || character == "#" {
      endPiece(before: nil)
      isGlued = false
      isComment = character == "#"
    } else {
      if piece.isEmpty { pieceColumn = column }
      piece.append(contentsOf: character.lowercased())
    }
  }

  private func position(_ column: Int) -> TextPosition {
    TextPosition(line: hasLines ? line : nil, column: column)
  }

  /// Cuts the piece at its commas: one ends a layer where another begins after it, or nothing does.
  mutating func endPiece(before mark: SpecificationToken.Kind?) {
    guard !piece.isEmpty else { return }
    let parts = piece.split(separator: ",")
    for part in parts {
      let isCount = mark == .times && part.endIndex == piece.endIndex && part.allSatisfy(\.isNumber)
      let isInside = part.startIndex > piece.startIndex && !isCount && !Vocabulary.isLayer(part)
      if isInside || Vocabulary.isOption(part), tokens.last?.word != nil {
        tokens[tokens.count - 1].extend(by: part)
      } else {
        tokens.append(
          SpecificationToken(
            kind: .word(String(part)), position: position(pieceColumn + part.startIndex),
            isGlued: isGlued && part.startIndex == piece.startIndex))
      }
    }
    isGlued = piece.last != ","
    piece = []
  }
}
