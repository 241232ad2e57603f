// The words of specifications, and what people write instead: other tools' names, misspellings, misplaced numbers.

/// The words that a specification can have. They come from the operations, and are not listed here again.
enum Vocabulary {
  /// The words that begin a layer or a block.
  static let kinds = layers + BlockKind.allCases.map(\.rawValue)
  private static let layers = Operation.written.flatMap { $0.words }
  private static let options = Set(Operation.written.flatMap { $0.options })

  /// Returns the rules of the operation whose text begins with `kind`.
  static func operation(_ kind: String) -> (any WrittenOperation.Type)? {
    Operation.written.first { $0.words.contains(kind) }
  }

  static func isLayer(_ part: ArraySlice<Character>) -> Bool {
    let name = String(part.prefix { $0 != ":" })
    return kinds.contains(name) || Architecture.presets.contains { $0.name == name }
  }

  /// Whether `part` is `key=…` with a known key. No layer begins like that.
  static func isOption(_ part: ArraySlice<Character>) -> Bool {
    let key = part.prefix { $0 != "=" }
    return key.endIndex < part.endIndex && options.contains(String(key))
  }

  // MARK: - Suggestions

  /// Other tools' names for words or whole layers, without `_` and `-`.
  private static let synonyms = [
    "convolution": "conv", "convolutional": "conv", "conv2d": "conv", "cnv": "conv",
    "batchnorm": "norm", "batchnorm2d": "norm", "batchnorm1d": "norm", "bn": "norm",
    "batchnormalization": "norm", "normalization": "norm", "normalize": "norm",
    "layernorm2d": "layernorm", "layernormalization": "layernorm", "ln": "layernorm",
    "rectify": "relu", "leakyrelu": "leaky", "lrelu": "leaky", "swish": "silu", "hswish": "hardswish",
    "logistic": "sigmoid",
    "maxpool": "pool", "maxpool2d": "pool", "maxpooling": "pool", "maxpooling2d": "pool", "max": "pool",
    "pooling": "pool", "avgpool": "pool:average", "avgpool2d": "pool:average", "averagepool": "pool:average",
    "averagepooling": "pool:average", "averagepooling2d": "pool:average", "average": "pool:average",
    "avg": "pool:average",
    "globalpool": "pool:average,global", "gap": "pool:average,global", "global": "pool:average,global",
    "globalavgpool": "pool:average,global", "globalaveragepool": "pool:average,global",
    "globalaveragepooling": "pool:average,global", "globalaveragepooling2d": "pool:average,global",
    "adaptiveavgpool": "pool:average,global", "adaptiveavgpool2d": "pool:average,global",
    "globalmaxpool": "pool:global", "adaptivemaxpool": "pool:global", "adaptivemaxpool2d": "pool:global",
    "dropout2d": "dropout", "drop": "dropout",
    "dense": "linear", "fc": "linear", "full": "linear", "lin": "linear",
    "mul": "scale", "multiply": "scale", "factor": "scale",
    "skip": "residual", "add": "residual", "shortcut": "residual", "sum": "residual", "res": "residual",
    "resblock": "residual",
    "cat": "concat", "concatenate": "concat", "concatenation": "concat", "join": "concat",
    "kernelsize": "kernel", "ks": "kernel", "size": "kernel", "k": "kernel",
    "strides": "stride", "s": "stride", "pad": "padding", "p": "padding",
    "group": "groups", "dilationrate": "dilation", "usebias": "bias", "eps": "epsilon", "affine": "scale",
    "kernel": "size",
  ]

  /// Other tools' words for what is implied here, with the reasons that messages give.
  static let implied = [
    "flatten": "a linear layer takes maps as they are", "view": "a linear layer takes maps as they are",
    "reshape": "a linear layer takes maps as they are",
    "identity": "it changes nothing; an empty branch of a block is the block's input",
    "input": "the shape of the images is read with them",
    "softmax": "fm-predict and the loss apply it", "logsoftmax": "fm-predict and the loss apply it",
    "log_softmax": "fm-predict and the loss apply it",
    "output": "the last linear layer is implied; write linear:classes to give it options",
    "out": "the last linear layer is implied; write linear:classes to give it options",
  ]

  /// Returns the layer that an unknown word probably means, with the number in it or in the `next` word, or `nil`.
  static func suggestion(for word: String, next: String?) -> String? {
    // `linear(64)`, `linear=64`, `linear64`, `linear 64`: the name, and the number.
    let name = word.prefix { $0.isLetter || $0 == "_" || $0 == "-" }
    let rest = word.dropFirst(name.count)
    // `conv2d` ends in something that looks like a number.
    let ending = ["1d", "2d"].first(where: rest.hasPrefix) ?? ""
    let known = String(name) + ending
    guard let layer = neighbour(of: known, among: kinds + Architecture.presets.map(\.name)) else {
      return nil
    }
    if BlockKind(rawValue: layer) != nil { return "\(layer)( … )" }
    let own = rest.dropFirst(ending.count).drop { !$0.isNumber && $0 != "." }
      .prefix { $0.isNumber || $0 == "." }
    let number = own.isEmpty ? next.flatMap { Double($0) == nil ? nil : $0[...] } ?? "" : own
    return number.isEmpty ? layer : numbered(layer, number)
  }

  private static func numbered(_ layer: String, _ number: Substring) -> String {
    if layer == "pool:average" { return "\(layer),size=\(number)" }
    return operation(layer)?.takesNumber(layer) == true ? "\(layer):\(number)" : layer
  }

  /// Returns the word or layer for which `name` is a synonym, or else the most similar one of `words`, or `nil`.
  static func neighbour(of name: String, among words: [String]) -> String? {
    if words.contains(name) { return name }
    let plain = name.filter { $0 != "_" && $0 != "-" }
    if let synonym = synonyms[plain], words.contains(where: { synonym.split(separator: ":")[0] == $0 }) {
      return synonym
    }
    let ranked = words.map { ($0, distance(Array(name), Array($0))) }.min { $0.1 < $1.1 }
    guard let (word, distance) = ranked, distance <= (word.count > 4 ? 2 : 1), name.count > 1 else {
      return nil
    }
    return word
  }

  /// Returns the number of letters to insert, delete or change, where a swap of two neighbours counts once: the
  /// optimal string alignment distance, after Levenshtein.
  ///
  /// - Complexity: O(a.count · b.count).
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
