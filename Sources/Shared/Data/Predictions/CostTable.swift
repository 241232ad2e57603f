// The cost of predicting one class for another: a table that people write.
import ByteIO

/// Costs by class names.
///
/// A file of costs is TSV. Its header has any word, followed by the predicted classes. Each line below it has the name
/// of a true class and its cost for each predicted class. Costs are numbers in any unit; negative costs are gains.
public struct CostTable: Equatable, Sendable {
  /// The file's name in messages.
  public let name: String
  /// The predicted classes, one for each column, in their displayed form.
  private let predicted: [String]
  /// The costs of each true class by column. Keys are class names in their displayed form.
  private var rows: [String: [Double]] = [:]

  /// Reads a file. Throws ``CostError``, ``PredictionError`` or `FileError`.
  ///
  /// - Complexity: O(n + c²) for n bytes and c predicted classes. Memory is O(n).
  public init(_ source: any ByteSource) throws {
    name = source.name
    let source = PeekedSource(source)
    if let found = try source.foundNoText() { throw CostError.foreign(name: name, found: found) }
    let lines = LineReader(source)
    var fields = Fields()
    guard try lines.advance() else { throw CostError.empty(name: name) }
    lines.withLine { fields.split(tabbed: $0) }
    predicted = (1..<max(1, fields.count)).map { Self.label(fields[$0]) }
    guard !predicted.isEmpty, !predicted.contains("") else {
      throw CostError.header(place: "\(lines.place())")
    }
    for (index, label) in predicted.enumerated() where predicted[..<index].contains(label) {
      throw CostError.twice(place: "\(lines.place())", class: label)
    }
    while try lines.advance() {
      lines.withLine { fields.split(tabbed: $0) }
      try add(fields, "\(lines.place())")
    }
  }

  private static func label(_ field: ArraySlice<UInt8>) -> String { displayed(undisplayed(Array(field))) }

  private mutating func add(_ fields: Fields, _ place: String) throws(CostError) {
    guard fields.count == predicted.count + 1 else {
      throw .fieldCount(place: place, expected: predicted.count, found: fields.count - 1)
    }
    let truth = Self.label(fields[0])
    guard rows[truth] == nil else { throw .twice(place: place, class: truth) }
    var costs: [Double] = []
    for (index, label) in predicted.enumerated() {
      let text = String(decoding: fields[index + 1], as: UTF8.self)
      guard let cost = Double(text), cost.magnitude <= 1e100 else {
        throw .notACost(place: place, class: label, text)
      }
      costs.append(cost)
    }
    rows[truth] = costs
  }

  /// Returns the costs of the named classes, [true class, predicted class], row-major. Throws if a class lacks a row or
  /// a column, or if `areAll` is true and the table has other classes.
  ///
  /// - Complexity: O(n³) for n classes.
  public func costs(of classes: [String], areAll: Bool) throws(CostError) -> [Double] {
    let names = classes.map { displayed($0) }
    let others = (predicted + rows.keys.sorted()).filter { !names.contains($0) }
    if areAll, let label = others.first { throw .unknownClass(name: name, class: label, names) }
    var costs: [Double] = []
    for truth in names {
      guard let row = rows[truth] else { throw .missing(name: name, class: truth, isRow: true) }
      for label in names {
        guard let column = predicted.firstIndex(of: label) else {
          throw .missing(name: name, class: label, isRow: false)
        }
        costs.append(row[column])
      }
    }
    return costs
  }
}

/// The reason why costs are refused.
public enum CostError: Failure, Equatable {
  case empty(name: String)
  case foreign(name: String, found: FoundContent)
  case header(place: String)
  case fieldCount(place: String, expected: Int, found: Int)
  case twice(place: String, class: String)
  case notACost(place: String, class: String, String)
  case unknownClass(name: String, class: String, [String])
  case missing(name: String, class: String, isRow: Bool)

  public var kind: FailureKind { .badData }

  public var description: String {
    switch self {
    case .empty(let name):
      "\(name): expected costs as TSV, a row for each true class and a column for each predicted one, found no bytes at all"
    case .foreign(let name, let found): "\(name): expected costs as TSV, found \(found)"
    case .header(let place):
      "\(place): expected a word such as 'truth' and then the names of the predicted classes, separated by tabs"
    case .fieldCount(let place, let expected, let found):
      "\(place): expected a true class and \(expected) costs, one for each column, found \(found); are they separated by tabs?"
    case .twice(let place, let label): "\(place): the class '\(label)' appears twice"
    case .notACost(let place, let label, let text):
      "\(place), column \(label): expected a number of at most 1e100, found '\(shortened(displayed(text), to: 40))'"
    case .unknownClass(let name, let label, let classes):
      "\(name): the predictions have no class '\(label)'; they have"
        + " \(shortList(classes, atMost: 5) { "'\(shortened($0, to: 40))'" })"
    case .missing(let name, let label, let isRow):
      "\(name): expected a \(isRow ? "row" : "column") for the class '\(label)', found none; add one"
    }
  }
}
