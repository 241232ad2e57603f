// Finds the pictures that a command line and lists name, one at a time.
import ByteIO
import TensorStream

/// The places to search for pictures: files and folders in the given order, then those in lists.
///
/// A folder stands for the pictures in it and in its subfolders, in the order of the bytes of their paths. Files that
/// are named are taken whatever their names are.
public struct PictureSearch {
  private let paths: [[UInt8]]
  private var lists: [NameList]
  private let entersFolders: Bool

  /// If `entersFolders` is false, the search returns folders as if they were files. Archives need that.
  public init(paths: [[UInt8]], lists: [NameList], entersFolders: Bool = true) {
    self.paths = paths
    self.lists = lists
    self.entersFolders = entersFolders
  }

  /// Makes sure that the search can run twice: reads lists into memory that arrive only once.
  public mutating func holdIfNeeded() throws {
    for index in lists.indices { try lists[index].holdIfNeeded() }
  }

  /// Starts a search. `again` says that it is not the first one.
  public func pictures(again: Bool = false) throws -> FoundPictures {
    FoundPictures(
      paths: paths, lists: try lists.map { try $0.open(again: again) }, entersFolders: entersFolders)
  }
}

/// A running search. Memory does not grow with the number of pictures, except for the names in one folder.
public final class FoundPictures: PictureFinding {
  private var paths: ArraySlice<[UInt8]>
  private let lists: [ArrivingNames]
  /// The number of lists that were read to their ends.
  private var doneListCount = 0
  private let entersFolders: Bool
  private var walk: FolderWalk?
  /// The things passed over in the folders searched so far.
  public var passedOver: PassedOver { walk?.passedOver ?? passedOverBefore }
  private var passedOverBefore = PassedOver()
  /// The remark about bytes of the lists that are not part of names.
  public var remarks: [String] {
    ListLeftovers(joining: lists.map(\.leftovers)).remark.map { [$0] } ?? []
  }

  init(paths: [[UInt8]], lists: [ArrivingNames], entersFolders: Bool) {
    self.paths = paths[...]
    self.lists = lists
    self.entersFolders = entersFolders
  }

  /// Returns the next picture, `nil` at the end. Throws a `FileError` if a list cannot be read.
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
        if FilePath(bytes: path).isStandardStream { return .standardInput }
        if let found = start(path) { return found }
      } else if doneListCount < lists.count {
        let list = lists[doneListCount]
        guard try list.waitForName(), let name = try list.next() else {
          doneListCount += 1
          continue
        }
        // An empty line names nothing.
        if !name.isEmpty, let found = start(name) { return found }
      } else {
        return nil
      }
    }
  }

  /// Starts on a folder and returns `nil`, or returns a file.
  private func start(_ path: [UInt8]) -> FoundPicture? {
    // No path contains a NUL: the system would end the path there.
    let isName = path.count <= StreamLimits.nameByteCount && !path.contains(0)
    guard entersFolders, isName, FilePath(bytes: path).isFolder else { return .file(path) }
    walk = FolderWalk(path, passedOver: passedOver)
    return nil
  }
}
