// What is named on a command line and in lists, one picture after the other.
import ByteIO
import TensorStream

/// Where to look for pictures: files and folders in the order given, then those in lists.
///
/// A folder stands for the pictures in it and in the folders in it, in the order of the bytes of their paths. Other files
/// are taken whatever their names are.
public struct PictureSearch {
  private let paths: [[UInt8]]
  private var lists: [NameList]
  private let entersFolders: Bool

  /// Without `entersFolders`, a folder is given out as if it were a file: for archives.
  public init(paths: [[UInt8]], lists: [NameList], entersFolders: Bool = true) {
    self.paths = paths
    self.lists = lists
    self.entersFolders = entersFolders
  }

  /// Sees to it that the same can be found twice.
  public mutating func holdIfNeeded() throws {
    for index in lists.indices { try lists[index].holdIfNeeded() }
  }

  /// Goes through everything once; `again` if it is not the first time.
  public func pictures(again: Bool = false) throws -> FoundPictures {
    FoundPictures(
      paths: paths, lists: try lists.map { try $0.open(again: again) }, entersFolders: entersFolders)
  }
}

/// A search on its way. Memory does not grow with the number of pictures, but for the names in a folder.
public final class FoundPictures: PictureFinding {
  private var paths: ArraySlice<[UInt8]>
  private var lists: ArraySlice<SeparatedInput>
  private let entersFolders: Bool
  private var walk: FolderWalk?
  /// What folders held besides pictures, as far as they were gone through.
  public var passedOver: PassedOver { walk?.passedOver ?? passedOverBefore }
  private var passedOverBefore = PassedOver()
  /// What lists had besides names.
  private var listLeftovers = ListLeftovers()
  public var remarks: [String] { listLeftovers.remark.map { [$0] } ?? [] }

  init(paths: [[UInt8]], lists: [SeparatedInput], entersFolders: Bool) {
    self.paths = paths[...]
    self.lists = lists[...]
    self.entersFolders = entersFolders
  }

  /// The next one, `nil` at the end. Throws a `FileError` where a list cannot be read.
  public func next() throws -> FoundPicture? {
    while true {
      switch walk?.next() {
      case .picture(let path, let depth)?: return .file(path, depth: depth)
      case .problem(let path, let problem)?: return .problem(path, problem)
      case nil:
        passedOverBefore = passedOver
        walk = nil
      }
      if let path = paths.popFirst() {
        if path == [UInt8(ascii: "-")] { return .standardInput }
        if let found = start(path) { return found }
      } else if let list = lists.first {
        guard let part = try list.next() else {
          lists.removeFirst()
          continue
        }
        let name = try listLeftovers.name(in: part, isFirst: list.number == 1, of: list.name, list.separator)
        // An empty line names nothing.
        if !name.isEmpty, let found = start(name) { return found }
      } else {
        return nil
      }
    }
  }

  /// Begins a folder, or gives out a file.
  private func start(_ path: [UInt8]) -> FoundPicture? {
    // No path has a NUL: it would end there.
    guard entersFolders, path.count <= StreamLimits.nameByteCount, !path.contains(0), isFolderPath(path)
    else {
      return .file(path)
    }
    walk = FolderWalk(path, passedOver: passedOver)
    return nil
  }
}
