// Pictures that arrive one after the other while others are at work: the names of files, or members of archives.
import ByteIO
import TensorStream

/// A picture that has arrived.
public struct ArrivingPicture: Sendable {
  /// Of its record.
  public let name: [UInt8]
  /// Whether the name has more bytes than names can have, and these are the first of them.
  let isCut: Bool
  /// What messages call the archive that it comes from.
  let archive: String?
  /// Its bytes, or why there are none; `nil` where they are to be read from the file of that name.
  let content: Result<[UInt8], any Error>?

  var byteCount: Int { if case .success(let bytes) = content { bytes.count } else { 0 } }

  init(_ name: ArrivingNames.Name) {
    (self.name, isCut, archive, content) = (name.bytes, name.isCut, nil, nil)
  }

  /// Something that an archive holds, or an archive with what is wrong with it.
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

/// What is wrong with an archive; messages put it after its name.
private struct ArchiveProblem: Error, CustomStringConvertible {
  let reason: String
  var description: String { reason }
}

/// Pictures as they arrive.
public protocol ArrivingPictures: AnyObject {
  /// Waits until a picture is there, and returns `false` at the end.
  func waitForPicture() throws -> Bool
  /// Whether one is there without waiting.
  var holdsPicture: Bool { get }
  /// Takes the next, if it is there without waiting.
  func nextPicture() throws -> ArrivingPicture?
}

extension ArrivingNames: ArrivingPictures {
  public func waitForPicture() throws -> Bool { try waitForName() }
  public var holdsPicture: Bool { holdsName }
  public func nextPicture() throws -> ArrivingPicture? { try next().map(ArrivingPicture.init(_:)) }
}
