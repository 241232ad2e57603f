// A table of labels: the name of a file, a tab, and its class, a file a line.
import ByteIO
import TensorStream

/// Why a table of labels is refused.
public enum LabelTableError: Failure, Equatable {
  public enum Problem: Equatable, Sendable {
    case columns(Int)
    case notEnded
    case tooLong
    case nameTwice(String, firstLine: Int)
    case notAClass(String)
    case classUnknown(String, count: Int)
    case tooManyClasses(limit: Int)
  }
  case line(name: String, number: Int, Problem)
  case empty(name: String)

  public var kind: FailureKind { .badData }

  public var description: String {
    switch self {
    case .empty(let name): "\(name): expected lines of a file's name, a tab and its class, found none"
    case .line(let name, let number, let problem):
      switch problem {
      case .columns(let count):
        "\(name): line \(number): expected a file's name, a tab and its class, found \(count) columns"
      case .notEnded: "\(name): line \(number): expected a newline at its end, found the end of the file"
      case .tooLong: "\(name): line \(number): expected at most \(LabelTable.lineLimit) bytes, found more"
      case .nameTwice(let file, let first):
        "\(name): line \(number): expected another file than before, found '\(file)' as in line \(first)"
      case .notAClass(let text):
        "\(name): line \(number): expected a class in UTF-8 without control characters, found '\(text)'"
      case .classUnknown(let text, let count):
        "\(name): line \(number): expected one of the \(count) classes or its number, found '\(text)'"
      case .tooManyClasses(let limit):
        "\(name): line \(number): expected at most \(limit) classes, found another"
      }
    }
  }
}

/// The labels of files by their names. Memory is that of the table.
public final class LabelTable {
  /// A name with every byte escaped, and a class.
  static let lineLimit = 6 * StreamLimits.nameByteCount

  /// What messages call the table.
  public let name: String
  /// The names of the classes, in the order of the labels; `nil` where the table has numbers alone.
  public let classNames: [String]?

  private struct Row {
    let line: Int
    let label: UInt8
    var isUsed = false
  }
  private var rows: [[UInt8]: Row] = [:]

  /// Reads a table. Names and classes are written as these commands print them, with `\t`, `\n`, `\r`, `\\` and `\xHH`. The
  /// first line may be a header: `name` and `class`, `label` or `truth`.
  ///
  /// `classes` are the classes in the order of their labels; the table may have their numbers as well. Without them, the
  /// classes are those of the table, in the order of their bytes; or if all of them are numbers below 256, these are the
  /// labels. Throws a ``LabelTableError`` or a `FileError`.
  public init(_ source: some ByteSource, classes: [String]?) throws {
    name = source.name
    let lines = SeparatedInput(source, separator: UInt8(ascii: "\n"), limit: Self.lineLimit)
    /// The texts of the classes in the order of their appearance, the lines where that was, and their places in the order.
    var texts: [(text: [UInt8], line: Int)] = []
    var numbers: [[UInt8]: Int] = [:]
    var files: [(name: [UInt8], line: Int, text: Int)] = []
    while var line = try lines.next() {
      func failure(_ problem: LabelTableError.Problem) -> LabelTableError {
        .line(name: source.name, number: lines.number, problem)
      }
      guard line.count <= Self.lineLimit else { throw failure(.tooLong) }
      guard lines.isEnded else { throw failure(.notEnded) }
      if line.last == UInt8(ascii: "\r") { line.removeLast() }
      let fields = line.split(separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false)
      guard fields.count == 2 else { throw failure(.columns(fields.count)) }
      if lines.number == 1, isHeader(fields) { continue }
      let text = undisplayedBytes(fields[1])
      if numbers[text] == nil {
        guard className(text) != nil else { throw failure(.notAClass(displayed(text))) }
        // Numbers may stand for classes that others name.
        guard texts.count < 2 * StreamLimits.classCount else {
          throw failure(.tooManyClasses(limit: StreamLimits.classCount))
        }
        numbers[text] = texts.count
        texts.append((text, lines.number))
      }
      files.append((undisplayedBytes(fields[0]), lines.number, numbers[text]!))
    }
    if files.isEmpty { throw LabelTableError.empty(name: name) }
    let labels: [UInt8]
    (labels, classNames) = try Self.labels(of: texts, classes: classes, table: name)
    rows.reserveCapacity(files.count)
    for file in files {
      if let first = rows.updateValue(Row(line: file.line, label: labels[file.text]), forKey: file.name) {
        throw LabelTableError.line(
          name: name, number: file.line, .nameTwice(displayed(file.name), firstLine: first.line))
      }
    }
  }

  func label(of name: [UInt8]) throws(LabelProblem) -> UInt8 {
    guard let index = rows.index(forKey: name) else { throw .notInTable(self.name) }
    rows.values[index].isUsed = true
    return rows.values[index].label
  }

  /// How many files of the table were not asked for, and of these the one with the first line.
  public var unused: (count: Int, first: String, line: Int)? {
    let left = rows.filter { !$0.value.isUsed }
    guard let first = left.min(by: { $0.value.line < $1.value.line }) else { return nil }
    return (left.count, displayed(first.key), first.value.line)
  }

  /// The label of each text, and the names of the classes.
  private static func labels(
    of texts: [(text: [UInt8], line: Int)], classes: [String]?, table: String
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
    let sorted = texts.map(\.text).sorted { $0.lexicographicallyPrecedes($1) }
    let lookup = ClassLookup(names: classes ?? sorted.map { String(decoding: $0, as: UTF8.self) })
    let labels = try texts.map { text in
      if let label = lookup.label(of: text.text) { return label }
      throw LabelTableError.line(
        name: table, number: text.line, .classUnknown(displayed(text.text), count: lookup.names.count))
    }
    return (labels, lookup.names)
  }
}

/// A number from 0 to 255 as it is printed.
private func number(_ text: [UInt8]) -> UInt8? {
  let text = String(decoding: text, as: UTF8.self)
  guard let number = UInt8(text), "\(number)" == text else { return nil }
  return number
}

private func isHeader(_ fields: [ArraySlice<UInt8>]) -> Bool {
  fields[0].elementsEqual("name".utf8)
    && ["class", "label", "truth"].contains { fields[1].elementsEqual($0.utf8) }
}

/// The bytes whose displayed form is `text`. A backslash that begins no escape stands for itself.
func undisplayedBytes(_ text: ArraySlice<UInt8>) -> [UInt8] {
  var bytes: [UInt8] = []
  var rest = text
  while let byte = rest.popFirst() {
    guard byte == UInt8(ascii: "\\") else {
      bytes.append(byte)
      continue
    }
    switch rest.first {
    case UInt8(ascii: "t"): bytes.append(0x09)
    case UInt8(ascii: "n"): bytes.append(0x0A)
    case UInt8(ascii: "r"): bytes.append(0x0D)
    case UInt8(ascii: "\\"): bytes.append(byte)
    case UInt8(ascii: "x"):
      let digits = rest.dropFirst().prefix(2)
      guard digits.count == 2, digits.allSatisfy({ Character(UnicodeScalar($0)).isHexDigit && $0 < 0x80 }),
        let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
      else {
        bytes.append(byte)
        continue
      }
      bytes.append(value)
      rest = rest.dropFirst(2)
    default:
      bytes.append(byte)
      continue
    }
    rest = rest.dropFirst()
  }
  return bytes
}
