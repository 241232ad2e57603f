// Cuts a specification's text into words, one for each layer, and the marks of blocks: ( ) | *
//
// Blanks separate layers. Commas and semicolons can, too. A comma also joins a layer to its options; what follows
// decides which of the two it does. Case does not matter. # begins a comment, which ends with its line.

/// A word or a mark, with its position.
struct SpecificationToken: Equatable {
  enum Kind: Equatable {
    /// `kind[:value][,key=value]…` in lower case.
    case word(String)
    case open
    case close
    case bar
    case times
  }
  var kind: Kind
  let position: TextPosition
  /// Whether it follows the previous token without a blank, as the parenthesis does in `linear(64)`.
  let isGlued: Bool

  var word: String? { if case .word(let word) = kind { word } else { nil } }

  /// Adds another part to a word.
  fileprivate mutating func extend(by part: ArraySlice<Character>) {
    guard case .word(var word) = kind else { return }
    // Now `word` is the only copy and grows in place. Otherwise, each of many parts would copy the whole word.
    kind = .bar
    word.append(",")
    word.append(contentsOf: part)
    kind = .word(word)
  }
}

extension SpecificationToken {
  /// Returns all tokens of a text. This never fails: nonsense becomes a word that no layer has.
  ///
  /// - Complexity: O(length of the text).
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

  /// Whether positions include the line, as they do for a text of several lines.
  let hasLines: Bool
  var tokens: [SpecificationToken] = []
  private var line = 1
  private var column = 1
  private var isComment = false
  /// The characters since the last blank or mark, and the column of the first of them.
  private var piece: [Character] = []
  private var pieceColumn = 1
  /// Whether the current character follows the last token without a blank.
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

  /// Cuts the piece at its commas. A comma ends a layer if another layer begins after it, or nothing follows.
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
