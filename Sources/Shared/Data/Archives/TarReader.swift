// A tar archive, read member by member by libarchive, from whatever gives its bytes.
import ByteIO
import CTar
import ImageFiles

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// What an archive has under a name.
struct TarMember {
  enum Kind: Equatable {
    case file
    case folder
    /// A symbolic link, or another name of a member before it.
    case link(target: [UInt8])
    /// A device or a pipe.
    case other
  }
  let name: [UInt8]
  let kind: Kind
  let byteCount: Int
  /// What is wrong with its header, in libarchive's words.
  let doubt: String?
}

/// Goes through an archive once, without seeking. Memory does not grow with the archive.
///
/// The archive may be plain, or compressed by gzip or zstd: zlib verifies gzip's sums, libzstd those of zstd's frames. Several
/// archives one after the other are read as one.
final class TarReader {
  let name: String
  private let feed: Feed
  private let reader: OpaquePointer
  private var lastName: [UInt8]?

  /// Reads the first bytes. Throws what the source throws.
  init(_ source: any ByteSource) throws {
    name = source.name
    feed = Feed(try DecompressedInput(source, holdsFiles: false))
    let context = Unmanaged.passUnretained(feed).toOpaque()
    let reader = ctar_reader_create(context) { context, bytes in
      guard let context, let bytes else { return -1 }
      return Unmanaged<Feed>.fromOpaque(context).takeUnretainedValue().next(&bytes.pointee)
    }
    guard let reader else { throw TarError.outOfMemory }
    self.reader = reader
  }

  deinit { ctar_reader_destroy(reader) }

  /// The next member, `nil` after the last. Throws a ``TarError``, or what the source throws; after that there is no more.
  func next() throws -> TarMember? {
    var member = ctar_member()
    switch ctar_next(reader, &member) {
    case ctar_step_member: break
    case ctar_step_end: return nil
    case ctar_step_cut: throw TarError.noEnd(name: name)
    default: throw problem()
    }
    let found = TarMember(member)
    lastName = found.name
    return found
  }

  /// The content of the member that was given out last, at most `limit` bytes. Memory grows with what arrives, never with what
  /// a header claims. Throws a ``WholeFileProblem`` where it is larger; the next member can be read then. Else as ``next()``.
  func content(of member: TarMember, limit: Int) throws -> [UInt8] {
    guard member.byteCount <= limit else { throw WholeFileProblem.tooLarge(limit: limit) }
    var bytes: [UInt8] = []
    while bytes.count < member.byteCount {
      let room = min(member.byteCount - bytes.count, max(bytes.count, Self.firstRoom))
      let count = try read(room, appendingTo: &bytes)
      if count == 0 { break }
    }
    // A hole at the end of a sparse file.
    bytes.append(contentsOf: repeatElement(0, count: member.byteCount - bytes.count))
    return bytes
  }

  /// As much as small pictures have.
  private static let firstRoom = 64 << 10

  private func read(_ room: Int, appendingTo bytes: inout [UInt8]) throws -> Int {
    var count = 0
    let piece = [UInt8](unsafeUninitializedCapacity: room) { target, initialized in
      count = ctar_read(reader, target.baseAddress, room)
      initialized = max(0, count)
    }
    if count < 0 { throw problem() }
    if bytes.isEmpty { bytes = piece } else { bytes += piece }
    return count
  }

  /// Why a step failed.
  private func problem() -> any Error {
    if let failure = feed.failure { return failure }
    let message = String(cString: ctar_message(reader))
    // Of what begins as zstd does, libzstd may find out first that it is damaged.
    guard lastName != nil || message != "Unrecognized archive format" else {
      return TarError.notAnArchive(name: name, found: FileKind.found(feed.firstBytes))
    }
    return TarError.damaged(name: name, after: lastName.map { displayedPicture($0) }, problem: message)
  }
}

extension TarMember {
  fileprivate init(_ member: ctar_member) {
    name = member.name.map(bytesOfCString) ?? []
    kind =
      switch member.kind {
      case ctar_kind_file: .file
      case ctar_kind_folder: .folder
      case ctar_kind_link: .link(target: member.target.map(bytesOfCString) ?? [])
      default: .other
      }
    byteCount = Int(max(0, member.byte_count))
    doubt = member.doubt.map { String(cString: $0) }
  }
}

/// The bytes of a text in C, which need not be UTF-8.
private func bytesOfCString(_ text: UnsafePointer<CChar>) -> [UInt8] {
  UnsafeBufferPointer(start: text, count: strlen(text)).map(UInt8.init(bitPattern:))
}

/// What libarchive reads from. It keeps the error of a source, since none can pass through C.
private final class Feed {
  private let source: DecompressedInput
  private(set) var failure: (any Error)?
  /// Those of the archive, for messages; those of its first read at most.
  private(set) var firstBytes: [UInt8] = []
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 16)

  init(_ source: DecompressedInput) { self.source = source }

  deinit { buffer.deallocate() }

  func next(_ bytes: inout UnsafeRawPointer?) -> Int {
    do {
      let count = try source.read(into: buffer)
      if firstBytes.isEmpty { firstBytes = Array(buffer[..<min(count, FileKind.byteCount)]) }
      bytes = UnsafeRawPointer(buffer.baseAddress)
      return count
    } catch {
      failure = error
      return -1
    }
  }
}
