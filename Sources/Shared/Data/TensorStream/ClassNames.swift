// Class names: those of well-known data sets, and lists read from files.
import ByteIO

/// The class names of Fashion-MNIST and MNIST in the order of their labels, and a reader for files of class names.
public enum ClassNames {
  public static let fashionMNIST = [
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
  ]
  public static let mnist = (0..<10).map(String.init)

  /// The class names of the data sets that need no file, by the data set's name.
  public static let dataSets = ["fashion-mnist": fashionMNIST, "mnist": mnist]

  /// Reads 2 to 256 different class names, one per line, in the order of their labels.
  ///
  /// Names are UTF-8 without control characters. Escapes are those of tables: `\t` is a tab, `\\` a backslash. Throws
  /// ``ClassNamesError`` or ``FileError``.
  ///
  /// - Complexity: O(n), where n is the number of bytes. It reads at most 1 MiB.
  public static func read(_ source: some ByteSource) throws -> [String] {
    // No list of 256 names that people can read is longer than 1 MiB.
    let content = try source.readAll(limit: 1 << 20)
    if FileKind(firstBytes: content).isNoPlainText {
      throw ClassNamesError.foreign(name: source.name, found: FileKind.found(content))
    }
    // Editors on Windows write a byte-order mark first, or UTF-16. Other encodings fail below, with their line.
    let bytes = convertedToUTF8(content) ?? content
    var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    if lines.last?.isEmpty == true { lines.removeLast() }
    var names: [String] = []
    var numbers: [String: Int] = [:]
    for (index, line) in lines.enumerated() {
      let place = ClassNamesError.Place(name: source.name, line: index + 1)
      // Windows ends lines with CR LF.
      let line = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
      guard let text = String(validating: line, as: UTF8.self) else { throw ClassNamesError.notUTF8(place) }
      if text.isEmpty { throw ClassNamesError.empty(place) }
      // A byte-order mark would hide in the name.
      let isFit = text.unicodeScalars.allSatisfy {
        $0.properties.generalCategory != .control && $0 != "\u{FEFF}"
      }
      guard isFit else { throw ClassNamesError.controlCharacter(place) }
      // Names are escaped as in tables.
      let name = undisplayed(Array(text.utf8))
      guard !name.utf8.contains(0) else { throw ClassNamesError.controlCharacter(place) }
      if let first = numbers.updateValue(index + 1, forKey: name) {
        // Swift compares strings by canonical equivalence: a composed letter equals its decomposed form.
        if !names[first - 1].utf8.elementsEqual(name.utf8) {
          throw ClassNamesError.lookalike(place, class: displayed(name), firstLine: first)
        }
        throw ClassNamesError.duplicate(place, class: displayed(name), firstLine: first)
      }
      names.append(name)
    }
    guard 2...256 ~= names.count else { throw ClassNamesError.count(name: source.name, count: names.count) }
    return names
  }
}

/// The reason why a file of class names is refused.
public enum ClassNamesError: Failure, Equatable {
  public struct Place: Equatable, Sendable {
    public var name: String
    /// The line number, counted from 1.
    public var line: Int

    public init(name: String, line: Int) {
      self.name = name
      self.line = line
    }
  }
  case notUTF8(Place)
  case empty(Place)
  case controlCharacter(Place)
  case duplicate(Place, class: String, firstLine: Int)
  case lookalike(Place, class: String, firstLine: Int)
  case count(name: String, count: Int)
  case foreign(name: String, found: FoundContent)

  public var kind: FailureKind { .badData }
  public var description: String {
    switch self {
    case .notUTF8(let place): "\(text(place)), found bytes that are not UTF-8"
    case .empty(let place): "\(text(place)), found an empty line"
    case .controlCharacter(let place):
      "\(text(place)), found a control character or a byte-order mark in it; write a tab as \\t"
    case .duplicate(let place, let name, let firstLine):
      "\(text(place)) that differs from the others, found '\(name)' as in line \(firstLine)"
    case .lookalike(let place, let name, let firstLine):
      "\(text(place)) that differs from the others, found '\(name)', which differs only in its Unicode form from that in"
        + " line \(firstLine)"
    case .foreign(let name, let found): "\(name): expected class names, one per line, found \(found)"
    case .count(let name, let count): "\(name): expected 2 to 256 class names, one per line, found \(count)"
    }
  }

  private func text(_ place: Place) -> String { "\(place.name): line \(place.line): expected a class name" }
}
