// Finds the pictures in a folder and its subfolders, in an order that depends only on their names.
import ByteIO

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Why a folder is skipped. The texts follow its name.
public enum FolderProblem: Error, Equatable, Sendable, CustomStringConvertible {
  case cannotOpen(errno: Int32)
  case cannotRead(errno: Int32)
  case loop

  public var description: String {
    switch self {
    case .cannotOpen(let code): "cannot open this folder: \(systemMessage(code))"
    case .cannotRead(let code): "cannot read this folder: \(systemMessage(code))"
    case .loop: "this is a link to a folder that contains it, so the search would never end"
    }
  }
}

/// Searches a folder for everything whose name ends as a picture's does, such as `.png` or `.jpg`, whatever it is, in
/// the order of the bytes of whole paths. Hidden names and those of systems are passed over (``isPassedOver(_:)``).
///
/// Links are followed, also those to folders. Memory holds the names in the current folder and in those that contain
/// it.
final class FolderWalk {
  enum Step {
    /// A file, and the number of folders between it and the searched folder.
    case picture([UInt8], depth: Int)
    case problem([UInt8], FolderProblem)
  }

  private struct Level {
    /// The folder's path, with a slash at its end.
    let path: [UInt8]
    /// Identifies the folder whatever its path.
    let identity: FileIdentity?
    var names: FolderNames
  }

  /// The things passed over so far.
  private(set) var passedOver: PassedOver
  private var levels: [Level] = []
  /// The problem of a folder, until it is returned.
  private var pending: Step?

  /// Starts in the folder `path`. The walk adds to `passedOver`.
  init(_ path: [UInt8], passedOver: PassedOver = PassedOver()) {
    self.passedOver = passedOver
    enter(path)
  }

  func next() -> Step? {
    while true {
      if let step = pending.take() { return step }
      guard let last = levels.indices.last else { return nil }
      guard let name = levels[last].names.popFirst() else {
        levels.removeLast()
        continue
      }
      let path = levels[last].path + name
      if name.last == UInt8(ascii: "/") {
        enter(path.dropLast())
      } else {
        return .picture(path, depth: levels.count - 1)
      }
    }
  }

  private func enter(_ path: some Collection<UInt8>) {
    let path = Array(path)
    guard let stream = withCString(path, { opendir($0) }) else {
      pending = .problem(path, .cannotOpen(errno: errno))
      return
    }
    defer { closedir(stream) }
    var status = stat()
    guard fstat(dirfd(stream), &status) == 0 else {
      pending = .problem(path, .cannotOpen(errno: errno))
      return
    }
    let identity = FileIdentity(status)
    if levels.contains(where: { $0.identity == identity }) {
      pending = .problem(path, .loop)
      return
    }
    let prefix = path.last == UInt8(ascii: "/") ? path : path + [UInt8(ascii: "/")]
    var names = FolderNames()
    if let code = names.read(stream, in: prefix, &passedOver) {
      pending = .problem(path, .cannotRead(errno: code))
    } else if names.isEmpty {
      passedOver.empty.add(path)
    }
    levels.append(Level(path: prefix, identity: identity, names: names))
  }
}

/// The relevant names in a folder, sorted. Folders have a slash at their end, so that they sort as their content does.
private struct FolderNames {
  /// The names, one after another, each ended by a NUL. An array per name would take several times the memory.
  private var bytes: [UInt8] = []
  /// The start of each name in `bytes`, in descending order of the names.
  private var starts: [Int] = []

  var isEmpty: Bool { starts.isEmpty }

  mutating func popFirst() -> [UInt8]? {
    guard let start = starts.popLast() else { return nil }
    return Array(bytes[start...].prefix { $0 != 0 })
  }

  /// Reads the names in an open folder. If reading fails, returns the error number and keeps the names read until then.
  ///
  /// - Complexity: O(n log n) for n names.
  mutating func read(_ stream: DirectoryStream, in path: [UInt8], _ passedOver: inout PassedOver) -> Int32? {
    defer { sort() }
    while true {
      errno = 0
      guard let entry = readdir(stream) else { return errno == 0 ? nil : errno }
      let name = UnsafeRawPointer(entry).advanced(by: MemoryLayout<dirent>.offset(of: \.d_name)!)
        .assumingMemoryBound(to: CChar.self)
      let bytes = UnsafeBufferPointer(start: name, count: strlen(name)).map(UInt8.init(bitPattern:))
      if isPassedOver(bytes) { continue }
      if isFolder(entry.pointee, bytes, in: path) {
        append(bytes + [UInt8(ascii: "/")])
      } else if isPictureName(bytes) {
        append(bytes)
      } else if isForeignPictureName(bytes) {
        passedOver.foreign.add(path + bytes)
      }
    }
  }

  private mutating func append(_ name: [UInt8]) {
    starts.append(bytes.count)
    bytes += name
    bytes.append(0)
  }

  private mutating func sort() {
    bytes.withUnsafeBufferPointer { bytes in
      guard let base = UnsafeRawPointer(bytes.baseAddress)?.assumingMemoryBound(to: CChar.self) else {
        return
      }
      starts.sort { strcmp(base + $0, base + $1) > 0 }
    }
  }

  private func isFolder(_ entry: dirent, _ name: [UInt8], in path: [UInt8]) -> Bool {
    switch Int32(entry.d_type) {
    case Int32(DT_DIR): return true
    // A link, or an entry whose type the file system does not report.
    case Int32(DT_LNK), Int32(DT_UNKNOWN): return FilePath(bytes: path + name).isFolder
    default: return false
    }
  }
}

#if canImport(Darwin)
  private typealias DirectoryStream = UnsafeMutablePointer<DIR>
#else
  private typealias DirectoryStream = OpaquePointer
#endif
