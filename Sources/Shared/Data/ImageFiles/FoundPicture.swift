// Something that a search for pictures came upon: a file, a member of an archive, or what cannot be searched.
import ByteIO
import TensorStream

/// Something that a search came upon.
public enum FoundPicture: Sendable {
  /// A file, by its name as given or found; nothing is known yet of its content. `depth` is the number of folders between
  /// the folder that was given and the file.
  case file([UInt8], depth: Int? = nil)
  /// What was named `-`.
  case standardInput
  case member(ArchiveMember)
  /// A folder that is left out.
  case problem([UInt8], FolderProblem)
  /// An archive that could not be read, or not to its end.
  case archive([UInt8], any Error)

  /// The name of the record.
  public var name: [UInt8] {
    switch self {
    case .file(let name, _), .problem(let name, _), .archive(let name, _): name
    case .member(let member): member.name
    case .standardInput: [UInt8(ascii: "-")]
    }
  }

  /// The name in messages and tables: of a member, after that of its archive.
  var displayedName: String {
    switch self {
    case .member(let member): "\(member.archive): \(displayedPicture(member.name))"
    case .archive(let path, _) where FilePath(bytes: path).isStandardStream: "stdin"
    default: displayedPicture(name)
    }
  }

  /// What it holds in memory.
  public var byteCount: Int {
    if case .member(let member) = self, case .success(let bytes) = member.content { bytes.count } else { 0 }
  }
}

/// A picture in an archive, read.
public struct ArchiveMember: Sendable {
  /// What messages call the archive.
  public let archive: String
  /// As the archive has it.
  public let name: [UInt8]
  /// Its bytes, or why there are none.
  public let content: Result<[UInt8], any Error>
  /// What the member with its label holds; `nil` where there is none.
  public var label: Result<[UInt8], any Error>?

  public init(archive: String, name: [UInt8], content: Result<[UInt8], any Error>) {
    (self.archive, self.name, self.content) = (archive, name, content)
  }
}

/// Something that finds pictures, one after the other.
public protocol PictureFinding: AnyObject {
  /// The next one, `nil` at the end. Throws a `FileError` where a list cannot be read.
  func next() throws -> FoundPicture?
  /// What else there was, as far as it was gone through.
  var passedOver: PassedOver { get }
  /// What should be said about it in the end.
  var remarks: [String] { get }
}

/// The name of a picture as people see it; of one that is longer than names can be, or no name, the beginning.
public func displayedPicture(_ name: [UInt8]) -> String {
  name.count <= StreamLimits.nameByteCount && !name.contains(0)
    ? displayed(name) : displayed(name.prefix(80)) + "…"
}
