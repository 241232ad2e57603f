// Reads a tar archive member by member with libarchive, from any source of bytes.
import ByteIO
import CTar
import ImageFiles

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A member of an archive.
struct TarMember {
  enum Kind: Equatable {
    case file
    case folder
    /// A symbolic link, or another name of an earlier member (a hard link).
    case link(target: [UInt8])
    /// A device or a pipe.
    case other
  }
  let name: [UInt8]
  let kind: Kind
  let byteCount: Int
  /// The problem of its header, as libarchive describes it; `nil` if there is none.
  let doubt: String?
}

/// Reads an archive once, without seeking. Memory does not grow with the archive.
///
/// The archive may be plain, or compressed with gzip or zstd: zlib verifies the checksums of gzip, libzstd those of
/// zstd's frames. Concatenated archives are read as one.
final class TarReader {
  let name: String
  private let feed: Feed
  private let reader: OpaquePointer
  private var lastName: [UInt8]?

  /// Reads the first bytes. Throws the errors of the source.
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

  /// Returns the next member, `nil` after the last. Throws a ``TarError``, or an error of the source; after that,
  /// reading cannot continue.
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

  /// Returns the content of the member that ``next()`` returned last, at most `limit` bytes. Memory grows with the
  /// bytes that arrive, never with the size that a header claims. Throws a ``WholeFileProblem`` if the content is
  /// larger; the next member can still be read. Otherwise throws as ``next()`` does.
  ///
  /// - Complexity: O(n) for n bytes of the member, in time and memory.
  func content(of member: TarMember, limit: Int) throws -> [UInt8] {
    guard member.byteCount <= limit else { throw WholeFileProblem.tooLarge(limit: limit) }
    var bytes: [UInt8] = []
    while bytes.count < member.byteCount {
      let room = min(member.byteCount - bytes.count, max(bytes.count, Self.firstRoom))
      let count = try read(room, appendingTo: &bytes)
      if count == 0 { break }
    }
    // A sparse file may end with a hole.
    bytes.append(contentsOf: repeatElement(0, count: member.byteCount - bytes.count))
    return bytes
  }

  /// The first allocation: enough for small pictures.
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

  /// Returns the reason why a step failed.
  private func problem() -> any Error {
    if let failure = feed.failure { return failure }
    let message = String(cString: ctar_message(reader))
    // If the data begin as zstd does, libzstd may report damage before libarchive sees that they are no archive.
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

/// Returns the bytes of a C string, which need not be UTF-8.
private func bytesOfCString(_ text: UnsafePointer<CChar>) -> [UInt8] {
  UnsafeBufferPointer(start: text, count: strlen(text)).map(UInt8.init(bitPattern:))
}

/// The source that libarchive reads. It keeps the source's error, since Swift errors cannot pass through C.
private final class Feed {
  private let source: DecompressedInput
  private(set) var failure: (any Error)?
  /// The first bytes of the archive, at most those of the first read. Messages need them.
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
