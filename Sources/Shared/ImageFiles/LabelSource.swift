// Where the label of a picture comes from: the folder that it lies in, or a table.
import ByteIO
import TensorStream

/// Why a picture has no label. The texts stand behind its name.
public enum LabelProblem: Error, Equatable, Sendable, CustomStringConvertible {
  case noFolder
  case folderNotText(String)
  case folderNotAClass(String)
  case notInTable(String)

  public var description: String {
    switch self {
    case .noFolder: "expected a folder before the file's name, which is its class, found none"
    case .folderNotText(let folder):
      "its folder '\(folder)' is no class: expected UTF-8 without control characters"
    case .folderNotAClass(let folder): "its folder '\(folder)' is none of the classes"
    case .notInTable(let table): "has no line in \(table)"
    }
  }
}

/// Why there can be no labels at all.
public enum LabelError: Failure, Equatable {
  case tooManyFolders(limit: Int)
  case foldersAlike(String)

  public var kind: FailureKind { .badData }

  public var description: String {
    switch self {
    case .tooManyFolders(let limit):
      "expected pictures in at most \(limit) folders, each a class, found more; is --label-from directory meant?"
    case .foldersAlike(let name): "expected folders of different names, found '\(name)' written in two ways"
    }
  }
}

/// The classes by their names, for folders and tables.
public struct ClassLookup: Sendable {
  public let names: [String]
  private let labels: [[UInt8]: UInt8]
  /// The parts that the longest name has as a path: two for `T-shirt/top`.
  private let depth: Int

  /// `names` are in the order of the labels, at most 256.
  public init(names: [String]) {
    precondition(names.count <= StreamLimits.classCount)
    self.names = names
    let slash = UInt8(ascii: "/")
    var labels: [[UInt8]: UInt8] = [:]
    for (label, name) in names.enumerated() {
      labels[Array(name.utf8)] = UInt8(label)
    }
    // Names that no folder can have, and numbers, as far as they are not names themselves.
    for (label, name) in names.enumerated() {
      for other in [name.utf8.map { $0 == slash ? UInt8(ascii: "_") : $0 }, Array("\(label)".utf8)]
      where labels[other] == nil {
        labels[other] = UInt8(label)
      }
    }
    self.labels = labels
    depth = names.map { name in name.utf8.count { $0 == slash } + 1 }.max() ?? 1
  }

  /// The label of a class, by its name or its number.
  func label(of name: some Collection<UInt8>) -> UInt8? { labels[Array(name)] }

  /// The label of a file, by the folder that it lies in; of a class such as `T-shirt/top` that is the folder `T-shirt_top`,
  /// or `top` in `T-shirt`.
  func label(ofFile path: [UInt8]) throws(LabelProblem) -> UInt8 {
    let folder = folder(of: path)
    for count in stride(from: depth, through: 1, by: -1) {
      if let name = lastParts(count, of: folder), let label = labels[Array(name)] { return label }
    }
    guard let last = lastParts(1, of: folder), !isPlaceholder(last) else { throw .noFolder }
    throw .folderNotAClass(displayed(last))
  }
}

/// Where labels come from.
public enum LabelSource {
  case none
  case folders(ClassLookup)
  case table(LabelTable)

  /// The names of the classes, in the order of the labels.
  public var classNames: [String]? {
    switch self {
    case .none: nil
    case .folders(let classes): classes.names
    case .table(let table): table.classNames
    }
  }

  var isNone: Bool { if case .none = self { true } else { false } }

  /// The label of a picture, 0 where pictures have none.
  func label(of name: [UInt8]) throws -> UInt8 {
    switch self {
    case .none: 0
    case .folders(let classes): try classes.label(ofFile: name)
    case .table(let table): try table.label(of: name)
    }
  }

  /// The folders in which there are pictures as classes, in the order of their names' bytes. Folders whose names cannot be
  /// classes are left out; so will be the files in them. Throws a ``LabelError``, or what the search throws.
  public static func folders(of search: PictureSearch) throws -> LabelSource {
    var folders: Set<[UInt8]> = []
    var lastFolder: ArraySlice<UInt8> = []
    let pictures = try search.pictures()
    while let found = try pictures.next() {
      guard case .file(let path) = found, path.count <= StreamLimits.nameByteCount,
        let folder = lastParts(1, of: folder(of: path)), !isPlaceholder(folder)
      else { continue }
      // Pictures come folder by folder.
      if folder == lastFolder { continue }
      lastFolder = folder
      if className(folder) != nil { folders.insert(Array(folder)) }
      if folders.count > StreamLimits.classCount {
        throw LabelError.tooManyFolders(limit: StreamLimits.classCount)
      }
    }
    let names = folders.sorted { $0.lexicographicallyPrecedes($1) }.map {
      String(decoding: $0, as: UTF8.self)
    }
    // Swift, as Unicode does, takes an accent of its own and one that belongs to the letter for the same.
    var seen: Set<String> = []
    for name in names where !seen.insert(name).inserted { throw LabelError.foldersAlike(displayed(name)) }
    return .folders(ClassLookup(names: names))
  }
}

/// A name as that of a class: UTF-8 without control characters.
func className(_ bytes: some Collection<UInt8>) -> String? {
  guard let name = String(validating: bytes, as: UTF8.self), !name.isEmpty else { return nil }
  return name.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control } ? name : nil
}

/// What stands before the last slash, without the slashes at its end.
private func folder(of path: [UInt8]) -> ArraySlice<UInt8> {
  guard let slash = path.lastIndex(of: UInt8(ascii: "/")) else { return [] }
  var folder = path[..<slash]
  while folder.last == UInt8(ascii: "/") { folder.removeLast() }
  return folder
}

/// The last `count` names of a path, `nil` where it has fewer.
private func lastParts(_ count: Int, of path: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
  if path.isEmpty { return nil }
  var start = path.endIndex
  for _ in 0..<count {
    if start == path.startIndex { return nil }
    let slash = path[..<(start - (start == path.endIndex ? 0 : 1))].lastIndex(of: UInt8(ascii: "/"))
    start = slash.map { $0 + 1 } ?? path.startIndex
  }
  return path[start...]
}

/// Whether a name says only where to go.
private func isPlaceholder(_ name: ArraySlice<UInt8>) -> Bool {
  name.elementsEqual(".".utf8) || name.elementsEqual("..".utf8)
}
