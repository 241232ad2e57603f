// Reads files that may be compressed with gzip (RFC 1952). No broken file passes for a whole one: zlib verifies each
// member's CRC-32 and length, and the code here checks that the members are whole and that nothing follows them.
import ByteIO

/// The bytes of a source, decompressed if they begin as gzip data do.
///
/// Memory is constant: one buffer for bytes that were read but not yet returned. Compressed regular files up to a limit
/// are held whole, because inflating them in one call is faster (``WholeGzip``).
public final class DecompressedInput: ByteSource {
  public let name: String
  /// Whether the source is compressed.
  let isCompressed: Bool

  private let source: any ByteSource
  // Large enough that system calls cost nothing compared to inflation.
  private var buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 16)
  /// The range of the buffer that was not yet returned or inflated.
  private var pending = 0..<0
  /// The offset in the source of the buffer's first byte.
  private var bufferOffset = 0
  /// All decompressed data. If it is `nil`, the inflater decompresses piece by piece.
  private var whole: WholeGzip?
  private var inflater: Inflater?
  /// Decompressed bytes that were inspected but not yet returned.
  private var replay: ArraySlice<UInt8> = []
  /// The offset of the current member.
  private var memberOffset = 0

  /// The largest file that is held in memory. Those of MNIST and its relatives have up to 26 MB, except the largest of
  /// EMNIST.
  private static let largestHeld = 64 << 20

  /// If `holdsFiles` is false, no file is held whole.
  public init(_ source: any ByteSource, holdsFiles: Bool = true) throws {
    self.source = source
    name = source.name
    // A pipe may deliver less than the bytes that identify gzip.
    while pending.count < FileKind.gzipSignature.count {
      let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[pending.upperBound...])
      let count = try source.read(into: rest)
      if count == 0 { break }
      pending = 0..<pending.upperBound + count
    }
    isCompressed = buffer[pending].starts(with: FileKind.gzipSignature)
    guard isCompressed else { return }
    whole = holdsFiles ? try holdWhole() : nil
    if whole == nil {
      inflater = try Inflater()
    } else {
      // The compressed bytes are no longer needed.
      buffer.deallocate()
      (buffer, pending) = (.allocate(byteCount: 1, alignment: 1), 0..<0)
    }
  }

  deinit { buffer.deallocate() }

  /// Returns the first decompressed bytes: those that one read provides, at most as many as identify a file's kind.
  /// They are still there for ``read(into:)``. Call it before the first read.
  func firstBytes() throws -> [UInt8] {
    guard isCompressed else { return Array(buffer[pending.prefix(FileKind.byteCount)]) }
    var bytes = [UInt8](repeating: 0, count: FileKind.byteCount)
    let count = try bytes.withUnsafeMutableBytes { try inflate(into: $0) }
    replay = Array(bytes.prefix(count))[...]
    return Array(bytes.prefix(count))
  }

  public func read(into target: UnsafeMutableRawBufferPointer) throws -> Int {
    if !replay.isEmpty {
      let count = min(replay.count, target.count)
      target.copyBytes(from: replay.prefix(count))
      replay = replay.dropFirst(count)
      return count
    }
    if isCompressed { return try inflate(into: target) }
    if pending.isEmpty { return try source.read(into: target) }
    let count = min(pending.count, target.count)
    target.copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[pending.prefix(count)]))
    pending = pending.dropFirst(count)
    return count
  }

  private func inflate(into target: UnsafeMutableRawBufferPointer) throws -> Int {
    if let whole { return whole.read(into: target) }
    while let inflater {
      let isAtItsEnd = pending.isEmpty ? try refill() : false
      if inflater.isBetweenMembers {
        if isAtItsEnd {
          self.inflater = nil
          break
        }
        memberOffset = offset
        guard buffer[pending.lowerBound] == FileKind.gzipSignature[0] else {
          throw GzipError.trailingBytes(name: name, offset: memberOffset)
        }
        try inflater.beginMember()
      } else if isAtItsEnd {
        throw GzipError.truncated(name: name, byteCount: offset)
      }
      let step = inflater.inflate(UnsafeMutableRawBufferPointer(rebasing: buffer[pending]), into: target)
      pending = pending.dropFirst(step.consumed)
      switch step.problem {
      case nil: break
      // The bytes after the first member are not another one.
      case "incorrect header check"? where memberOffset > 0:
        throw GzipError.trailingBytes(name: name, offset: memberOffset)
      case let problem?: throw GzipError.damaged(name: name, offset: offset, problem: problem)
      }
      if step.produced > 0 { return step.produced }
    }
    return 0
  }

  /// Reads a file of known size to its end and inflates it. Returns `nil` if it is not to be held, or if zlib must
  /// inflate it; the buffer then has all bytes read so far.
  private func holdWhole() throws -> WholeGzip? {
    guard let byteCount = source.byteCount, byteCount <= Self.largestHeld else { return nil }
    // One byte more than the size shows the end, even if the file has changed since its size was determined.
    if byteCount >= buffer.count {
      let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: byteCount + 1, alignment: 16)
      larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[pending]))
      buffer.deallocate()
      buffer = larger
    }
    while pending.count < buffer.count {
      let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[pending.upperBound...])
      let count = try source.read(into: rest)
      if count == 0 { return WholeGzip(UnsafeRawBufferPointer(rebasing: buffer[pending])) }
      pending = 0..<pending.upperBound + count
    }
    return nil
  }

  /// The number of the source's bytes that were returned or inflated.
  private var offset: Int { bufferOffset + pending.lowerBound }

  /// Refills the empty buffer. Returns whether the source is at its end.
  private func refill() throws -> Bool {
    bufferOffset += pending.lowerBound
    pending = 0..<0
    pending = 0..<(try source.read(into: buffer))
    return pending.isEmpty
  }
}

/// Why a gzip file cannot be read. Offsets refer to the compressed bytes.
public enum GzipError: Failure, Equatable {
  case truncated(name: String, byteCount: Int)
  case trailingBytes(name: String, offset: Int)
  /// `problem` is the description by zlib.
  case damaged(name: String, offset: Int, problem: String)
  case outOfMemory

  public var kind: FailureKind { self == .outOfMemory ? .inputOutput : .badData }

  public var description: String {
    switch self {
    case .truncated(let name, let byteCount):
      "\(name): the gzip data are truncated: they end after \(byteCount) bytes, within a member; fetch the file again"
    case .trailingBytes(let name, let offset):
      "\(name): byte \(offset): expected the end of the gzip data, found other bytes after it"
    case .damaged(let name, let offset, let problem):
      "\(name): byte \(offset): the gzip data are damaged: \(problem); fetch the file again"
    case .outOfMemory: "not enough memory to decompress gzip data"
    }
  }
}
