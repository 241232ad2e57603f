// Recognises the columns of the output of fm-predict --no-header.

/// Finds the columns of rows without a header, if they are unambiguous.
enum HeaderlessColumns {
  /// Returns the titles that fm-predict would have put above this row. Returns `nil` if several headers fit the row, or
  /// none.
  static func titles(of row: [String]) -> [String]? {
    // A name or number, perhaps the true class, pairs of a class and its probability, perhaps an error.
    let found = Scales.allCases.flatMap { scale in
      [false, true].compactMap { hasTruth in titles(of: row, hasTruth: hasTruth, scale) }
    }
    return found.count == 1 ? found[0] : nil
  }

  private typealias Scales = PredictionColumn.Scale

  private static func titles(of row: [String], hasTruth: Bool, _ scale: Scales) -> [String]? {
    let before = hasTruth ? 2 : 1
    // Rows have no errors beside true classes: pictures predicted by name have no labels.
    let hasError = !hasTruth && row.count % 2 == 0
    let rankCount = (row.count - before - (hasError ? 1 : 0)) / 2
    guard rankCount > 0, before + 2 * rankCount + (hasError ? 1 : 0) == row.count else { return nil }
    let pairs = (0..<rankCount).map { (row[before + 2 * $0], row[before + 2 * $0 + 1]) }
    let failed = hasError && row.last != "" && pairs.allSatisfy { $0.0.isEmpty && $0.1.isEmpty }
    guard
      scale == .plain && failed
        || pairs.allSatisfy({ isProbability($0.1, scale) && !isProbability($0.0, scale) })
    else { return nil }
    if hasError, !failed, row.last != "" { return nil }
    // A true class that looks like a probability may be a probability.
    if hasTruth, isProbability(row[1], scale) { return nil }
    let isNumbered = !hasError && decimalValue(Array(row[0].utf8)) != nil
    return [isNumbered ? PredictionColumn.record : PredictionColumn.name]
      + (hasTruth ? [PredictionColumn.truth] : [])
      + (1...rankCount).flatMap { [PredictionColumn.label($0), scale.probability($0)] }
      + (hasError ? [PredictionColumn.error] : [])
  }

  /// Whether the text is a probability as fm-predict writes it: with a decimal point or an exponent, so never an
  /// integer.
  private static func isProbability(_ text: String, _ scale: Scales) -> Bool {
    guard text.contains(".") || text.contains("e") else { return false }
    guard let value = try? probability(Array(text.utf8), scale) else { return false }
    return scale == .plain ? text.first != "-" : text.first == "-" && value <= 0
  }
}

extension PredictionColumn {
  /// Whether a field is the title of a column of predictions.
  static func isTitle(_ field: ArraySlice<UInt8>) -> Bool {
    guard let first = field.first, UInt8(ascii: "a")...UInt8(ascii: "z") ~= first else { return false }
    let title = String(decoding: field, as: UTF8.self)
    if [name, record, truth, error].contains(title) { return true }
    if Scale.allCases.contains(where: { title.hasPrefix($0.classPrefix) }) { return true }
    var stem = Substring(title)
    while let last = stem.last, last.isNumber { stem.removeLast() }
    return ["class", "probability", "log_probability"].contains(stem)
  }
}
