// The names of the classes of well-known data sets, and class names from a file.
import ByteIO

/// The classes of Fashion-MNIST and MNIST, in the order of their labels, and those that a file lists.
public enum ClassNames {
  public static let fashionMNIST = [
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
  ]
  public static let mnist = (0..<10).map(String.init)

  /// The class names that a `--classes` option asks for: `fashion-mnist`, `mnist`, or a file's path.
  public static func names(for argument: FilePath) throws -> [String] {
    switch argument {
    case "fashion-mnist": fashionMNIST
    case "mnist": mnist
    default: try read(try InputFile(path: argument))
    }
  }

  /// Reads a name a line, in the order of the labels: UTF-8 without control characters, which are escaped as in tables (`\t`
  /// for a tab, `\\` for a backslash), 2 to 256 names, all different. Throws ``ClassNamesError`` or ``FileError``.
  public static func read(_ source: some ByteSource) throws -> [String] {
    // No list of 256 names that people can read is longer.
    let content = try source.readAll(limit: 1 << 20)
    let kind = FileKind(firstBytes: Array(content.prefix(FileKind.byteCount)))
    if kind.isNoPlainText { throw ClassNamesError.foreign(name: source.name, found: FileKind.found(content)) }
    // Editors on Windows put a mark first, or write UTF-16. What is neither is told by its line.
    let bytes = withoutByteOrderMark(content) ?? content
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
      // In tables names are escaped, and so they are here.
      let name = undisplayed(Array(text.utf8))
      guard !name.utf8.contains(0) else { throw ClassNamesError.controlCharacter(place) }
      if let first = numbers.updateValue(index + 1, forKey: name) {
        // Swift, as Unicode does, takes an accent of its own and one that belongs to the letter for the same.
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

/// Why a file of class names is refused.
public enum ClassNamesError: Failure, Equatable {
  public struct Place: Equatable, Sendable {
    public var name: String
    /// From 1.
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
  case foreign(name: String, found: String)

  public var kind: FailureKind { .badData }
  public var description: String {
    switch self {
    case .notUTF8(let place): "\(text(place)), found bytes that are not UTF-8"
    case .empty(let place): "\(text(place)), found an empty line"
    case .controlCharacter(let place):
      "\(text(place)), found a control character or a byte-order mark in it; a tab is written \\t"
    case .duplicate(let place, let name, let firstLine):
      "\(text(place)) that differs from the others, found '\(name)' as in line \(firstLine)"
    case .lookalike(let place, let name, let firstLine):
      "\(text(place)) that differs from the others, found '\(name)', which differs only in its Unicode form from that in"
        + " line \(firstLine)"
    case .foreign(let name, let found): "\(name): expected class names, a line each, found \(found)"
    case .count(let name, let count): "\(name): expected 2 to 256 class names, a line each, found \(count)"
    }
  }

  private func text(_ place: Place) -> String { "\(place.name): line \(place.line): expected a class name" }
}
