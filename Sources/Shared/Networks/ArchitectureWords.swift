// Cuts an architecture's text into words, a layer each, and knows what people write who mean one of ours.
//
// Blanks stand between layers; commas and semicolons may, too. Capitals make no difference. What is not understood is
// refused with the word that was probably meant: other tools' names, a misspelling, a number in the wrong place.

/// Words of a specification.
enum ArchitectureWords {
  static let kinds = ["conv", "pool", "relu", "dropout", "linear"]
  static let options = ["kernel", "stride", "padding"]

  /// The layers of a text, each `kind[:value][,key=value]…`, in small letters.
  static func words(of text: String) -> [String] {
    var words: [String] = []
    for piece in text.lowercased().split(whereSeparator: { $0.isWhitespace || $0 == ";" }) {
      // A comma ends a layer where another begins after it, or nothing does.
      for part in piece.split(separator: ",", omittingEmptySubsequences: true) {
        let continues = part.startIndex > piece.startIndex && !isLayer(part) || isOption(part)
        if continues, let last = words.popLast() {
          words.append(last + "," + part)
        } else {
          words.append(String(part))
        }
      }
    }
    return words
  }

  private static func isLayer(_ part: Substring) -> Bool {
    let name = part.prefix { $0 != ":" }
    return kinds.contains { $0 == name } || Architecture.preset(String(name)) != nil
  }

  /// Whether it is `key=…` with a key of ours, which no layer begins with.
  private static func isOption(_ part: Substring) -> Bool {
    let key = part.prefix { $0 != "=" }
    return key.endIndex < part.endIndex && options.contains { $0 == key }
  }

  // MARK: - What was meant

  /// Layers by the names that other tools give them.
  private static let synonyms = [
    "convolution": "conv", "convolutional": "conv", "conv2d": "conv", "cnv": "conv",
    "maxpool": "pool", "maxpool2d": "pool", "maxpooling": "pool", "maxpooling2d": "pool", "max": "pool",
    "pooling": "pool", "rectify": "relu", "dropout2d": "dropout", "drop": "dropout", "dense": "linear",
    "fc": "linear", "full": "linear", "lin": "linear",
    "kernel_size": "kernel", "kernelsize": "kernel", "ks": "kernel", "size": "kernel", "k": "kernel",
    "strides": "stride", "s": "stride", "pad": "padding", "p": "padding",
  ]

  /// Words of other tools for what needs none here.
  static let implied = [
    "flatten": "a linear layer takes maps as they are",
    "softmax": "fm-predict and the loss apply it", "logsoftmax": "fm-predict and the loss apply it",
    "log_softmax": "fm-predict and the loss apply it", "output": "the last, linear layer is implied",
    "out": "the last, linear layer is implied",
  ]

  /// What was probably meant by a word that is no layer, with the number that it or the `next` word has.
  static func suggestion(for word: String, next: String?) -> String? {
    // `linear(64)`, `linear=64`, `linear64`, `linear 64`: the name, and the number.
    let name = word.prefix { $0.isLetter || $0 == "_" || $0 == "-" }
    let rest = word.dropFirst(name.count)
    // `conv2d` ends in what looks like a number.
    let (known, after) = rest.hasPrefix("2d") ? (name + "2d", rest.dropFirst(2)) : (name, rest)
    guard let kind = neighbour(of: String(known), among: kinds + Architecture.presets.map(\.name)) else {
      return nil
    }
    guard !["relu", "ffnn", "cnn"].contains(kind) else { return kind }
    let own = after.drop { !$0.isNumber && $0 != "." }.prefix { $0.isNumber || $0 == "." }
    let number = own.isEmpty ? next.flatMap { Double($0) == nil ? nil : $0[...] } ?? "" : own
    return number.isEmpty ? kind : "\(kind):\(number)"
  }

  /// The word of ours that is another name for it, or nearest to it.
  static func neighbour(of name: String, among words: [String]) -> String? {
    if words.contains(name) { return name }
    if let synonym = synonyms[name], words.contains(synonym) { return synonym }
    let ranked = words.map { ($0, distance(Array(name), Array($0))) }.min { $0.1 < $1.1 }
    guard let (word, distance) = ranked, distance <= (word.count > 4 ? 2 : 1), name.count > 1 else {
      return nil
    }
    return word
  }

  /// Letters that have to be put in, left out or changed (Levenshtein); two that changed places count once.
  private static func distance(_ a: [Character], _ b: [Character]) -> Int {
    guard a.count <= 32 else { return .max }
    var table = (0...a.count).map { row in (0...b.count).map { row == 0 ? $0 : $0 == 0 ? row : 0 } }
    for i in 0..<a.count {
      for j in 0..<b.count {
        var least = min(table[i][j + 1], table[i + 1][j]) + 1
        least = min(least, table[i][j] + (a[i] == b[j] ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { least = min(least, table[i - 1][j - 1] + 1) }
        table[i + 1][j + 1] = least
      }
    }
    return table[a.count][b.count]
  }
}
