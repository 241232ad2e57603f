// The sources of a picture's label: the folder that contains it, a table, or a member of its archive.
import ByteIO
import TensorStream

/// Why a picture has no label. The texts follow the picture's name.
public enum LabelProblem: Error, Equatable, Sendable, CustomStringConvertible {
  case noFolder
  case folderNotText(String)
  case folderPassedOver(String)
  case folderNotAClass(String)
  case notInTable(String)
  /// A picture in an archive has no member with a label next to it.
  case noMember(ending: String)
  case unreadableMember(String)
  case memberNotAClass(String, ending: String)
  case memberNotANumber(String, ending: String)
  case memberNotJSON(String)
  case memberWithoutLabel

  public var description: String {
    switch self {
    case .noFolder: "expected a folder before the file's name, for its class, found none"
    case .folderNotText(let folder):
      "its folder '\(folder)' is not a class: expected UTF-8 without control characters"
    case .folderPassedOver(let folder):
      "its folder '\(folder)' is not a class: it is hidden, or one that systems create"
    case .folderNotAClass(let folder): "its folder '\(folder)' is not one of the classes"
    case .notInTable(let table): "has no line in \(table)"
    case .noMember(let ending):
      "expected a member with the same name and the ending .\(ending) next to it, for its class, found none"
    case .unreadableMember(let member):
      "'\(member)' cannot be a label: expected a file of at most \(grouped(MemberLabels.byteLimit)) bytes"
    case .memberNotAClass(let text, let ending):
      "its class in .\(ending), '\(text)', is not one of the classes"
    case .memberNotANumber(let text, let ending):
      "expected a number from 0 to 255 in .\(ending), found '\(text)'"
    case .memberNotJSON(let problem): "its member in .json cannot be read: \(problem)"
    case .memberWithoutLabel:
      "expected a number or a string called 'label' or 'class' in .json, found none"
    }
  }
}

/// The labels of classes, by the names that folders and tables give the classes.
public struct ClassLookup: Sendable {
  public let names: [String]
  /// The labels, by strings rather than bytes, so that a letter with an accent equals a letter followed by an accent.
  /// macOS writes folder names in the latter form, people and most programs in the former.
  private let labels: [String: UInt8]
  /// The most components that a name has as a path: two for `T-shirt/top`.
  private let depth: Int

  /// `names` holds the names in the order of the labels, at most 256.
  public init(names: [String]) {
    precondition(names.count <= StreamLimits.classCount)
    self.names = names
    var labels: [String: UInt8] = [:]
    for (label, name) in names.enumerated() { labels[name] = UInt8(label) }
    // Names with a slash also go by the form that a folder can have. Numbers stand for labels, unless a class is named
    // by one.
    let areNumbered = names.contains(where: ClassNames.isWholeNumber)
    for (label, name) in names.enumerated() {
      for other in [name.replacing("/", with: "_")] + (areNumbered ? [] : ["\(label)"])
      where labels[other] == nil {
        labels[other] = UInt8(label)
      }
    }
    self.labels = labels
    depth = names.map { name in name.utf8.count { $0 == UInt8(ascii: "/") } + 1 }.max() ?? 1
  }

  /// Returns the label of a class, found by its name or its number.
  ///
  /// - Complexity: O(n) on average for n bytes of the name.
  func label(of name: some Collection<UInt8>) -> UInt8? {
    String(validating: name, as: UTF8.self).flatMap { labels[$0] }
  }

  /// Returns the label of a file, found by the folder that contains it. For a class such as `T-shirt/top`, that is the
  /// folder `T-shirt_top`, or `top` in `T-shirt`.
  func label(ofFile path: [UInt8]) throws(LabelProblem) -> UInt8 {
    let folder = folder(of: path)
    for count in stride(from: depth, through: 1, by: -1) {
      if let name = lastParts(count, of: folder), let label = label(of: name) { return label }
    }
    guard let last = lastParts(1, of: folder), !isPlaceholder(last) else { throw .noFolder }
    if isPassedOver(last) { throw .folderPassedOver(displayed(last)) }
    throw .folderNotAClass(displayed(last))
  }
}

/// The source of labels.
public enum LabelSource {
  case none
  case folders(ClassLookup)
  case table(LabelTable)
  case members(MemberLabels)

  /// The names of the classes, in the order of the labels.
  public var classNames: [String]? {
    switch self {
    case .none: nil
    case .folders(let classes): classes.names
    case .table(let table): table.classNames
    case .members(let labels): labels.classes?.names
    }
  }

  var isNone: Bool { if case .none = self { true } else { false } }

  /// Returns the label of a picture, or 0 if pictures have no labels.
  func label(of picture: FoundPicture) throws -> UInt8 {
    switch self {
    case .none: return 0
    case .folders(let classes): return try classes.label(ofFile: picture.name)
    case .table(let table): return try table.label(of: picture.name)
    case .members(let labels):
      guard case .member(let member) = picture else { return 0 }
      return try labels.label(of: member)
    }
  }
}

/// Returns `bytes` as the name of a class: UTF-8 without control characters. Returns `nil` if they are not.
func className(_ bytes: some Collection<UInt8>) -> String? {
  guard let name = String(validating: bytes, as: UTF8.self), !name.isEmpty else { return nil }
  return name.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control } ? name : nil
}

/// Returns the part of a path before its last slash, without trailing slashes.
func folder(of path: [UInt8]) -> ArraySlice<UInt8> {
  guard let slash = path.lastIndex(of: UInt8(ascii: "/")) else { return [] }
  var folder = path[..<slash]
  while folder.last == UInt8(ascii: "/") { folder.removeLast() }
  return folder
}

/// Returns the last `count` components of a path, or `nil` if it has fewer.
func lastParts(_ count: Int, of path: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
  if path.isEmpty { return nil }
  var start = path.endIndex
  for _ in 0..<count {
    if start == path.startIndex { return nil }
    let slash = path[..<(start - (start == path.endIndex ? 0 : 1))].lastIndex(of: UInt8(ascii: "/"))
    start = slash.map { $0 + 1 } ?? path.startIndex
  }
  return path[start...]
}

/// Whether a path component is `.` or `..`.
func isPlaceholder(_ name: ArraySlice<UInt8>) -> Bool {
  name.elementsEqual(".".utf8) || name.elementsEqual("..".utf8)
}
