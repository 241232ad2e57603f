// A table of labels, which people write for pictures: each row has the name of a file and its class. A header is
// optional, and classes become labels immediately. Predictions/TrueClasses.swift reads the other sort of table: the true
// classes of predictions, which need a header, may be a stream or the output of a command, and stay names until the
// predictions say what their classes are.
import ByteIO
import TensorStream

/// Why a table of labels is refused.
public enum LabelTableError: Failure, Equatable {
  public enum Problem: Equatable, Sendable {
    case columns(Int, expected: Int?)
    case titles([String])
    case notEnded
    case tooLong
    case quotes(TableText.Problem)
    case nameTwice(String, firstLine: Int)
    case notAClass(String)
    /// The table has predictions, and its last line is the message of a command that failed.
    case writerFailed(String)
    case classUnknown(String, count: Int)
    case tooManyClasses(limit: Int)
  }
  case line(name: String, number: Int, Problem)
  case empty(name: String)
  case foreign(name: String, found: FoundContent)
  case order(name: String, ClassOrderError)

  public var kind: FailureKind { .badData }

  public var description: String {
    switch self {
    case .empty(let name): "\(name): expected lines with a file's name, a tab and its class, found none"
    case .foreign(let name, let found):
      "\(name): expected lines of text, each with a file's name, a tab and its class, found \(found)"
    case .order(let name, let error): "\(name): \(error)"
    case .line(let name, let number, let problem): "\(name): line \(number): \(problem)"
    }
  }
}

extension LabelTableError.Problem: CustomStringConvertible {
  public var description: String {
    switch self {
    case .columns(let count, nil):
      "expected a file's name, a tab and its class, found \(counted(count, "column"))"
        + (count > 2 ? "; for more columns, add a header and \(TableColumns.advice)" : "")
    case .columns(let count, let expected?):
      "expected \(counted(expected, "column")), as in the header, found \(grouped(count))"
    case .titles(let titles):
      "expected a header with columns of files and of classes, found \(titles.map { "'\($0)'" }.joined(separator: ", "));"
        + " \(TableColumns.advice)"
    case .notEnded: "expected a newline at its end, found the end of the file"
    case .tooLong: "expected at most \(grouped(LabelTable.lineLimit)) bytes, found more"
    case .quotes(let problem): "\(problem)"
    case .nameTwice(let file, let first):
      "expected each file only once, found '\(file)' as in line \(first)"
    case .writerFailed(let message): "the command that wrote this failed: \(message)"
    case .notAClass(let text): "expected a class in UTF-8 without control characters, found '\(text)'"
    case .classUnknown(let text, let count):
      "expected one of the \(count) classes or its number, found '\(text)'"
    case .tooManyClasses(let limit): "expected at most \(limit) classes, found more"
    }
  }
}

/// The labels of files, by their names. Holds the whole table in memory.
public final class LabelTable {
  /// The most bytes of a line: a name with every byte escaped, and a class.
  static let lineLimit = 6 * StreamLimits.nameByteCount
  /// The most bytes of a table: enough for ten million names of a hundred letters.
  private static let byteLimit = 1 << 30

  /// The table's name in messages.
  public let name: String
  /// The names of the classes, in the order of the labels; `nil` if the table has only numbers.
  public let classNames: [String]?

  private struct Row {
    let line: Int
    let label: UInt8
    var isUsed = false
  }
  private var rows: [[UInt8]: Row] = [:]
  /// The names of the rows by their text, whatever their Unicode form. It is built when a name is first looked up that
  /// no row has. Two names with the same text are both left out.
  private lazy var namesByText: [String: [UInt8]?] = {
    var names: [String: [UInt8]?] = [:]
    for name in rows.keys {
      guard let text = String(validating: name, as: UTF8.self) else { continue }
      names[text] = .some(names[text] == nil ? name : nil)
    }
    return names
  }()

  /// Reads a table whose rows have a file's name and its class, separated by tabs, commas or semicolons. Names and
  /// classes are written as these commands print them, with `\t`, `\n`, `\r`, `\\` and `\xHH`. If the first row is a
  /// header, ``TableColumns`` finds the two columns, and others are ignored. A byte-order mark is skipped, and UTF-16
  /// with one is read.
  ///
  /// `classes` lists the classes in the order of their labels; the table may also use their numbers. Without `classes`,
  /// the classes are those of the table, in the order of ``ClassNames/ordered(_:)``. If all of them are numbers below
  /// 256, these are the labels. Throws a ``LabelTableError`` or a `FileError`.
  ///
  /// - Complexity: O(n) on average for n bytes, in time and memory.
  public init(_ source: some ByteSource, classes: [String]?) throws {
    name = source.name
    var reader = LabelTableReader(name: name)
    try reader.read(try source.readAll(limit: Self.byteLimit))
    let labels: [UInt8]
    (labels, classNames) = try Self.labels(of: reader.texts, classes: classes, table: name)
    rows.reserveCapacity(reader.files.count)
    for file in reader.files {
      if let first = rows.updateValue(Row(line: file.line, label: labels[file.text]), forKey: file.name) {
        throw LabelTableError.line(
          name: name, number: file.line, .nameTwice(displayed(file.name), firstLine: first.line))
      }
    }
  }

  /// Returns the label of the file named `name`, and notes that it was looked up.
  ///
  /// - Complexity: O(n) on average for n bytes of the name. The first name beyond ASCII that no row has takes O(t) for
  ///   a table of t bytes.
  func label(of name: [UInt8]) throws(LabelProblem) -> UInt8 {
    guard let index = rows.index(forKey: name) ?? lookalike(of: name) else { throw .notInTable(self.name) }
    rows.values[index].isUsed = true
    return rows.values[index].label
  }

  /// Returns the row of a name in another Unicode form: macOS separates accents from their letters.
  private func lookalike(of name: [UInt8]) -> Dictionary<[UInt8], Row>.Index? {
    guard name.contains(where: { $0 >= 0x80 }), let text = String(validating: name, as: UTF8.self) else {
      return nil
    }
    return namesByText[text].flatMap { $0 }.flatMap { rows.index(forKey: $0) }
  }

  /// The number of files in the table.
  public var count: Int { rows.count }

  /// The number of files that were never looked up, and the first of them with its line; `nil` if there is none.
  ///
  /// - Complexity: O(n) for n files of the table.
  public var unused: (count: Int, first: String, line: Int)? {
    let left = rows.filter { !$0.value.isUsed }
    guard let first = left.min(by: { $0.value.line < $1.value.line }) else { return nil }
    return (left.count, displayed(first.key), first.value.line)
  }

  /// Returns the label of each text, and the names of the classes.
  private static func labels(
    of texts: [LabelTableReader.Text], classes: [String]?, table: String
  ) throws -> (labels: [UInt8], classNames: [String]?) {
    if classes == nil {
      let numbers = texts.map { number($0.text) }
      if numbers.allSatisfy({ $0 != nil }) { return (numbers.map { $0! }, nil) }
      guard texts.count <= StreamLimits.classCount else {
        throw LabelTableError.line(
          name: table, number: texts[StreamLimits.classCount].line,
          .tooManyClasses(limit: StreamLimits.classCount))
      }
    }
    var names = classes ?? []
    if classes == nil {
      do throws(ClassOrderError) { names = try ClassNames.ordered(texts.map(\.text)) } catch {
        throw LabelTableError.order(name: table, error)
      }
    }
    let lookup = ClassLookup(names: names)
    let labels = try texts.map { text in
      if let label = lookup.label(of: text.text) { return label }
      throw LabelTableError.line(
        name: table, number: text.line, .classUnknown(displayed(text.text), count: lookup.names.count))
    }
    return (labels, lookup.names)
  }
}

/// Returns the number from 0 to 255 that `text` is, without leading zeros or a sign.
private func number(_ text: [UInt8]) -> UInt8? {
  let text = String(decoding: text, as: UTF8.self)
  guard let number = UInt8(text), "\(number)" == text else { return nil }
  return number
}
