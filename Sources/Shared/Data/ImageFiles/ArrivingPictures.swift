// Pictures that arrive one by one while earlier ones are processed: names of files, or members of archives.
import ByteIO
import TensorStream

/// A picture that has arrived.
public struct ArrivingPicture: Sendable {
  /// The name of its record.
  public let name: [UInt8]
  /// Whether the name is longer than names can be, so that `name` holds only its beginning.
  let isCut: Bool
  /// The name in messages of the archive that contains it.
  let archive: String?
  /// The picture's bytes, or the reason why it has none; `nil` if they are to be read from the file `name`.
  let content: Result<[UInt8], any Error>?

  var byteCount: Int { if case .success(let bytes) = content { bytes.count } else { 0 } }

  init(_ name: ArrivingNames.Name) {
    (self.name, isCut, archive, content) = (name.bytes, name.isCut, nil, nil)
  }

  /// Makes a picture of a member of an archive, or of an archive that cannot be read.
  public init(_ found: FoundPicture) {
    name = Array(found.name.prefix(StreamLimits.nameByteCount))
    isCut = found.name.count > StreamLimits.nameByteCount
    switch found {
    case .member(let member): (archive, content) = (member.archive, member.content)
    case .archive(_, let problem):
      (archive, content) = (nil, .failure(ArchiveProblem(reason: BadPicture(found, problem).reason)))
    case .problem(_, let problem): (archive, content) = (nil, .failure(problem))
    case .file, .standardInput: (archive, content) = (nil, nil)
    }
  }
}

/// The problem of an archive. Messages put the text after the archive's name.
private struct ArchiveProblem: Error, CustomStringConvertible {
  let reason: String
  var description: String { reason }
}

/// Pictures as they arrive.
public protocol ArrivingPictures: AnyObject {
  /// Waits until a picture is available. Returns `false` at the end.
  func waitForPicture() throws -> Bool
  /// Whether a picture is available without waiting.
  var holdsPicture: Bool { get }
  /// Takes the next picture if it is available without waiting.
  func nextPicture() throws -> ArrivingPicture?
}

extension ArrivingNames: ArrivingPictures {
  public func waitForPicture() throws -> Bool { try waitForName() }
  public var holdsPicture: Bool { holdsName }
  public func nextPicture() throws -> ArrivingPicture? { try next().map(ArrivingPicture.init(_:)) }
}
