// The minimum probability for predicting each class: a table that fm-eval writes and fm-predict reads.
import ByteIO

/// Thresholds by class. The likeliest class is predicted if its probability reaches the class's threshold. Otherwise
/// the model abstains.
///
/// A file of thresholds is TSV under a header with the columns `class` and `threshold`; other columns are ignored. A
/// threshold is a number from 0 to 1, or `never` for a class that is never predicted. Classes that are not listed are
/// always predicted.
public struct ClassThresholds: Equatable, Sendable {
  /// The word for a threshold that no probability reaches.
  public static let never = "never"

  private struct Entry: Equatable {
    /// The class name in its displayed form.
    let name: String
    let minimum: Float
  }

  /// The name of the source in messages: a file, or what the user calls the texts.
  public private(set) var name: String
  /// Whether the thresholds were typed by the user, and are not from a file.
  private let areTyped: Bool
  private var entries: [Entry] = []

  public var isEmpty: Bool { entries.isEmpty }

  /// Parses texts of the form `CLASS=PROBABILITY`, one threshold each, which users typed. The class may contain equals signs.
  /// Messages call the texts `name`.
  public init(parsing texts: [String], name: String) throws(ThresholdError) {
    (self.name, areTyped) = (name, true)
    for text in texts {
      guard let sign = text.lastIndex(of: "="), sign > text.startIndex else {
        throw .malformed(name: name, text)
      }
      try add(String(text[..<sign]), String(text[sign...].dropFirst()), at: name)
    }
  }

  /// Reads a file. Throws ``ThresholdError``, ``PredictionError`` or `FileError`.
  ///
  /// - Complexity: O(n + c²) for n bytes and c listed classes.
  public init(_ source: any ByteSource) throws {
    (name, areTyped) = (source.name, false)
    let source = PeekedSource(source)
    if let found = try source.foundNoText() { throw ThresholdError.foreign(name: name, found: found) }
    let lines = LineReader(source)
    let reader = FieldReader(lines, separator: UInt8(ascii: "\t"))
    let titles = try reader.header()
    guard let label = titles.firstIndex(of: PredictionColumn.label(1)),
      let threshold = titles.firstIndex(of: "threshold")
    else { throw ThresholdError.header(name: name, found: titles) }
    while try reader.next() {
      try add(
        String(decoding: reader.fields[label], as: UTF8.self),
        String(decoding: reader.fields[threshold], as: UTF8.self), at: "\(lines.place())")
    }
    if entries.isEmpty { throw ThresholdError.none(name: name) }
  }

  /// Adds other thresholds. They replace those of the same classes.
  ///
  /// - Complexity: O(n · m) for n thresholds and m others.
  public mutating func replace(by others: ClassThresholds) {
    entries.removeAll { entry in others.entries.contains { $0.name == entry.name } }
    entries += others.entries
  }

  private mutating func add(_ label: String, _ value: String, at place: String) throws(ThresholdError) {
    let label = displayed(undisplayed(Array(label.utf8)))
    if label.isEmpty { throw .emptyClass(place: place) }
    guard let minimum = Self.minimum(value) else { throw .value(place: place, class: label, value) }
    if entries.contains(where: { $0.name == label }) { throw .twice(place: place, class: label) }
    entries.append(Entry(name: label, minimum: minimum))
  }

  private static func minimum(_ text: String) -> Float? {
    if text == never { return .infinity }
    return try? probability(text.utf8, .plain)
  }

  /// Returns the threshold of each class, 0 for classes that are not listed. Throws if a listed class is not one of
  /// `classes`.
  ///
  /// - Complexity: O(c · n) for c listed of n classes.
  public func minimums(of classes: [String]) throws(ThresholdError) -> [Float] {
    var minimums = [Float](repeating: 0, count: classes.count)
    let names = classes.map { displayed($0) }
    for entry in entries {
      guard let index = names.firstIndex(of: entry.name) else {
        throw .unknownClass(name: name, class: entry.name, names, isTyped: areTyped)
      }
      minimums[index] = entry.minimum
    }
    return minimums
  }

  /// Returns the listed classes that are not in `classes`, in their displayed form.
  ///
  /// - Complexity: O(n + c) for n thresholds and c classes.
  public func others(than classes: [String]) -> [String] {
    let names = Set(classes.map { displayed($0) })
    return entries.map(\.name).filter { !names.contains($0) }
  }

  /// Returns the threshold of the class with an unescaped name, 0 if it is not listed.
  ///
  /// - Complexity: O(c) for c listed classes.
  public func minimum(of name: String) -> Float {
    let name = displayed(name)
    return entries.first { $0.name == name }?.minimum ?? 0
  }
}

/// The reason why thresholds are refused.
public enum ThresholdError: Failure, Equatable {
  case foreign(name: String, found: FoundContent)
  case header(name: String, found: [String])
  case none(name: String)
  case malformed(name: String, String)
  case emptyClass(place: String)
  case value(place: String, class: String, String)
  case twice(place: String, class: String)
  case unknownClass(name: String, class: String, [String], isTyped: Bool)

  public var kind: FailureKind {
    switch self {
    case .unknownClass(_, _, _, isTyped: true): .usage
    default: .badData
    }
  }

  public var description: String {
    switch self {
    case .foreign(let name, let found): "\(name): expected thresholds as TSV, found \(found)"
    case .header(let name, let found):
      "\(name): expected a header with the columns 'class' and 'threshold', found"
        + " \(Self.listed(found.map { displayed($0) }))"
    case .none(let name): "\(name): expected the threshold of at least one class, found only a header"
    case .malformed(let name, let text):
      "\(name): expected CLASS=PROBABILITY, for example Shirt=0.8, got '\(displayed(text))'"
    case .emptyClass(let place): "\(place): expected a class, found nothing"
    case .value(let place, let label, let text):
      "\(place): expected a probability from 0 to 1 for '\(label)', or '\(ClassThresholds.never)', found"
        + " '\(shortened(displayed(text), to: 40))'"
    case .twice(let place, let label): "\(place): the class '\(label)' already has a threshold"
    case .unknownClass(let name, let label, let classes, _):
      "\(name): there is no class '\(label)' among"
        + " \(Self.listed(classes))"
    }
  }

  private static func listed(_ names: [String]) -> String {
    names.isEmpty ? "nothing" : shortList(names, atMost: 5) { "'\(shortened($0, to: 40))'" }
  }
}
