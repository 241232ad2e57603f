// Reads class weights from a file with one class and its weight on each line.

import ByteIO
import TensorStream

extension ClassWeights {
  /// Reads a table of classes and their weights, separated by tabs, commas or semicolons, or by blanks before the
  /// weight.
  ///
  /// A class is given by its name or by its number, from 0. If the names of the classes are numbers, a number is a
  /// name. A header may name the columns (`class` and `weight`), and then there may be more columns. Each class appears
  /// once. `classes` are the names, if there are any. Throws ``ClassWeightError`` or a `FileError`.
  ///
  /// - Complexity: O(bytes of the table).
  public init(reading source: some ByteSource, classes: [String]?, classCount: Int) throws {
    // A table of 256 classes is far smaller.
    let bytes = try source.readAll(limit: 1 << 20)
    var table = WeightTable(name: source.name, classes: classes, classCount: classCount)
    try table.read(bytes)
    self.init(source: source.name, values: try table.finish())
  }
}

/// The part of a table that has been read.
private struct WeightTable {
  let name: String
  let classes: [String]?
  private let labels: [String: Int]
  private var values: [Float?]
  private var lines: [Int?]
  private var columns = (className: 0, weight: 1)
  /// The number of columns in each row; `nil` without a header.
  private var columnCount: Int?

  init(name: String, classes: [String]?, classCount: Int) {
    self.name = name
    self.classes = classes
    values = [Float?](repeating: nil, count: classCount)
    lines = [Int?](repeating: nil, count: classCount)
    var labels: [String: Int] = [:]
    for (label, name) in (classes ?? []).enumerated() { labels[name] = label }
    if classes?.contains(where: ClassNames.isWholeNumber) != true {
      for label in 0..<classCount { labels["\(label)"] = label }
    }
    self.labels = labels
  }

  mutating func read(_ content: [UInt8]) throws(ClassWeightError) {
    var text: TableText
    do {
      text = try TableText(content: content) { Self.columns(of: $0) != nil }
    } catch {
      throw .foreign(name: name, found: error.found)
    }
    var isFirst = true
    while let row = try next(&text) {
      let titles = isFirst ? Self.columns(of: row.fields) : nil
      isFirst = false
      if let titles {
        (columns, columnCount) = (titles, row.fields.count)
      } else {
        try take(row)
      }
    }
  }

  private func next(_ text: inout TableText) throws(ClassWeightError) -> TableText.Row? {
    do throws(TableText.Problem) {
      return try text.next()
    } catch {
      throw .line(name: name, number: error.line, .quotes(error))
    }
  }

  /// Returns the columns that a header names, or `nil` if the fields are no header.
  private static func columns(of fields: [[UInt8]]) -> (className: Int, weight: Int)? {
    let titles = fields.map { String(decoding: $0, as: UTF8.self) }
    let weight = titles.firstIndex { ["weight", "classweight"].contains(TableColumns.plain($0)) }
    guard let weight, let className = TableColumns.truth(in: titles) ?? TableColumns.name(in: titles) else {
      return nil
    }
    return (className, weight)
  }

  private mutating func take(_ row: TableText.Row) throws(ClassWeightError) {
    var fields = row.fields
    // A name may contain blanks. The last ones come before the weight.
    if columnCount == nil, fields.count == 1, let blank = fields[0].lastIndex(of: UInt8(ascii: " ")) {
      let className = fields[0][..<blank].trimmedAtEnd { $0 == UInt8(ascii: " ") }
      fields = [Array(className), Array(fields[0][(blank + 1)...])]
    }
    guard fields.count == columnCount ?? 2 else {
      throw .line(name: name, number: row.line, .columns(fields.count, expected: columnCount))
    }
    let label = try label(of: fields[columns.className], line: row.line)
    if let first = lines[label] {
      let className = displayed(undisplayed(fields[columns.className]))
      throw .line(name: name, number: row.line, .classTwice(className, firstLine: first))
    }
    lines[label] = row.line
    values[label] = try weight(of: fields[columns.weight], line: row.line)
  }

  private func label(of field: [UInt8], line: Int) throws(ClassWeightError) -> Int {
    let text = undisplayed(field)
    if let label = labels[text] { return label }
    throw .line(
      name: name, number: line,
      .classUnknown(displayed(text), classCount: values.count, areNamed: classes != nil))
  }

  private func weight(of field: [UInt8], line: Int) throws(ClassWeightError) -> Float {
    // Float accepts nan, infinity and hexadecimal digits, too.
    let isDecimal = field.allSatisfy { "0123456789.eE+-".utf8.contains($0) }
    let text = String(decoding: field, as: UTF8.self)
    guard isDecimal, let weight = Float(text), ClassWeights.range.contains(weight) else {
      throw .line(name: name, number: line, .weight(displayed(field), isZero: isDecimal && Float(text) == 0))
    }
    return weight
  }

  /// Returns the weights. Throws if one is missing.
  func finish() throws(ClassWeightError) -> [Float?] {
    guard let label = lines.firstIndex(of: nil) else { return values }
    throw .missing(
      name: name, class: classes.map { displayed($0[label]) } ?? "\(label)",
      others: lines.count { $0 == nil } - 1, classCount: lines.count)
  }
}

/// Why a table of weights is refused.
public enum ClassWeightError: Failure, Equatable {
  public enum Problem: Equatable, Sendable {
    case columns(Int, expected: Int?)
    case quotes(TableText.Problem)
    case classTwice(String, firstLine: Int)
    case classUnknown(String, classCount: Int, areNamed: Bool)
    case weight(String, isZero: Bool)
  }
  case line(name: String, number: Int, Problem)
  /// The first class without a weight, and the number of others.
  case missing(name: String, class: String, others: Int, classCount: Int)
  case foreign(name: String, found: FoundContent)

  public var kind: FailureKind { .badData }

  public var description: String {
    switch self {
    case .line(let name, let number, let problem): "\(name): line \(number): \(problem)"
    case .missing(let name, let className, let others, let classCount):
      "\(name): expected a weight for each of the \(classCount) classes, found none for '\(className)'"
        + (others > 0 ? " and \(counted(others, "other", plural: "others"))" : "")
        + "; add a line with the class, a tab and its weight" + (others > 0 ? " for each" : "")
    case .foreign(let name, let found):
      "\(name): expected lines of text, each with a class, a tab and its weight, found \(found)"
    }
  }
}

extension ClassWeightError.Problem: CustomStringConvertible {
  public var description: String {
    switch self {
    case .columns(let count, nil):
      "expected a class, a tab and its weight, found \(counted(count, "column"))"
        + (count > 2 ? "; to use more columns, add a header that names 'class' and 'weight'" : "")
    case .columns(let count, let expected?):
      "expected \(counted(expected, "column")), as in the header, found \(grouped(count))"
    case .quotes(let problem): "\(problem)"
    case .classTwice(let className, let first):
      "expected each class once, found '\(className)' again (first in line \(first))"
    case .classUnknown(let text, let classCount, let areNamed):
      "expected one of the \(classCount) classes of the training images"
        + (areNamed ? " or its number" : ", 0 to \(classCount - 1)") + ", found '\(text)'"
    case .weight(let text, let isZero):
      "expected a weight from 0.000001 to 1000000, found '\(text)'"
        + (isZero ? "; to ignore a class, leave out its images" : "")
    }
  }
}
