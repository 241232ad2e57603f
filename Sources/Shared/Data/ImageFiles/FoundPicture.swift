// The results of a search for pictures: files, members of archives, and folders or archives that cannot be read. A
// search waits for each picture; pictures can also arrive one by one, while earlier ones are processed.
import ByteIO
import TensorStream

/// One result of a search.
public enum FoundPicture: Sendable {
  /// A file, by its name as given or found. Its content is not known yet. `depth` is the number of folders between
  /// the given folder and the file; `nil` if the file itself was given.
  case file([UInt8], depth: Int? = nil)
  /// Standard input, which was given as `-`.
  case standardInput
  case member(ArchiveMember)
  /// A folder that is skipped.
  case problem([UInt8], FolderProblem)
  /// An archive that could not be read at all, or not to its end.
  case archive([UInt8], any Error)

  /// The name of the record.
  public var name: [UInt8] {
    switch self {
    case .file(let name, _), .problem(let name, _), .archive(let name, _): name
    case .member(let member): member.name
    case .standardInput: [UInt8(ascii: "-")]
    }
  }

  /// The name in messages and tables. A member's name follows that of its archive.
  var displayedName: String {
    switch self {
    case .member(let member): "\(member.archive): \(displayedPicture(member.name))"
    case .archive(let path, _) where FilePath(bytes: path).isStandardStream: "stdin"
    default: displayedPicture(name)
    }
  }

  /// The archive that contains the picture, by its name in messages; `nil` for everything else.
  var archive: String? { if case .member(let member) = self { member.archive } else { nil } }

  /// Throws the problem of an archive, or a ``NameProblem`` if nothing can have this name.
  func check() throws {
    if case .archive(_, let problem) = self { throw problem }
    // No path contains a NUL: the system would end the path there. A list with NULs taken for one name has many.
    if name.contains(0) { throw NameProblem.hasNUL }
    if name.count > StreamLimits.nameByteCount { throw NameProblem.tooLong }
  }

  /// The number of bytes that it holds in memory.
  public var byteCount: Int {
    if case .member(let member) = self, case .success(let bytes) = member.content { bytes.count } else { 0 }
  }
}

/// A picture that was read from an archive.
public struct ArchiveMember: Sendable {
  /// The archive's name in messages.
  public let archive: String
  /// The member's name, as stored in the archive.
  public let name: [UInt8]
  /// The member's bytes, or the reason why it has none.
  public let content: Result<[UInt8], any Error>
  /// The content of the member that holds its label; `nil` if no such member exists.
  public var label: Result<[UInt8], any Error>?

  public init(archive: String, name: [UInt8], content: Result<[UInt8], any Error>) {
    (self.archive, self.name, self.content) = (archive, name, content)
  }
}

/// A search that yields pictures one at a time.
public protocol PictureFinding: AnyObject {
  /// Returns the next picture, `nil` at the end. Throws a `FileError` if a list cannot be read.
  func next() throws -> FoundPicture?
  /// The things that the search has passed over so far.
  var passedOver: PassedOver { get }
  /// Remarks to print after the search.
  var remarks: [String] { get }
}

/// Pictures as they arrive.
public protocol ArrivingPictures: AnyObject {
  /// Waits until a picture is available. Returns `false` at the end.
  func waitForPicture() throws -> Bool
  /// Whether a picture is available without waiting.
  var holdsPicture: Bool { get }
  /// Takes the next picture if it is available without waiting.
  func nextPicture() throws -> FoundPicture?
}

extension ArrivingNames: ArrivingPictures {
  public func waitForPicture() throws -> Bool { try waitForName() }
  public var holdsPicture: Bool { holdsName }
  public func nextPicture() throws -> FoundPicture? { try next().map { .file($0) } }
}

/// Returns the name of a picture as people see it. If the name is too long or contains a NUL, returns its beginning.
public func displayedPicture(_ name: [UInt8]) -> String {
  name.count <= StreamLimits.nameByteCount && !name.contains(0)
    ? displayed(name) : displayed(name.prefix(80)) + "…"
}
