// IDX files as records: an image, and its label from a second file.
import ByteIO
import TensorStream
import Threading

/// Reads images, and the labels that belong to them, from IDX files, plain or compressed with gzip.
///
/// Memory is constant. The files are accepted only whole: the last `wait`, which returns `false`, has verified that each
/// is exactly as long as its header says.
public final class IDXReader: BatchProducer {
  public let format: RecordFormat
  /// The number of images that the file's header claims.
  public let claimedCount: Int
  /// The records read so far.
  public private(set) var recordCount = 0
  let images: IDXFile
  let labels: IDXFile?

  /// Reads the headers. Throws ``IDXError``, ``GzipError`` or ``FileError``.
  public init(images: any ByteSource, labels: (any ByteSource)?) throws {
    self.images = try IDXFile(images, role: .images)
    self.labels = try labels.map { try IDXFile($0, role: .labels) }
    guard case .images(let count, let height, let width) = self.images.content else {
      preconditionFailure("a file of images holds labels")
    }
    if let labels = self.labels, labels.content.count != count {
      throw IDXError.countsDiffer(
        images: self.images.name, imageCount: count, labels: labels.name, labelCount: labels.content.count)
    }
    claimedCount = count
    format = RecordFormat(
      content: .image(ImageShape(height: height, width: width, channels: 1)), hasLabels: labels != nil,
      hasNames: false)
  }

  /// Whether there are records left; where there are none, verifies that nothing else is.
  public func wait() throws -> Bool {
    if recordCount < claimedCount { return true }
    try images.verifyEnd()
    try labels?.verifyEnd()
    return false
  }

  /// Replaces the batch's content by the next records, as many as make a batch.
  ///
  /// A batch holds up to 1024 records, and at most a megabyte if that is more than one: it stays in the second-level
  /// cache on its way, and a header that lies about sizes costs no memory.
  public func fill(_ batch: inout RecordBatch, adding: Bool) throws -> Bool {
    precondition(batch.format == format)
    let limit = max(1, min(1024, 1 << 20 / images.content.entryByteCount))
    batch.count = min(limit, claimedCount - recordCount)
    try images.read(batch.count, into: &batch.images)
    try labels?.read(batch.count, into: &batch.labels)
    recordCount += batch.count
    return false
  }

  /// Files are there.
  public var isReady: Bool { true }
}

/// One IDX file, read from its first entry to its last.
final class IDXFile {
  let content: IDXContent
  private let source: DecompressedInput
  /// The decompressed bytes read so far.
  private var offset: Int
  var name: String { source.name }

  init(_ source: any ByteSource, role: IDXRole) throws {
    self.source = try DecompressedInput(source)
    content = try IDXContent.readHeader(self.source, role: role)
    offset = content.headerByteCount
  }

  /// Replaces the column's content by the next `count` entries.
  func read(_ count: Int, into column: inout [UInt8]) throws {
    let byteCount = count * content.entryByteCount
    if column.count > byteCount {
      column.removeLast(column.count - byteCount)
    } else if column.count < byteCount {
      column.append(contentsOf: repeatElement(0, count: byteCount - column.count))
    }
    let readCount = try column.withUnsafeMutableBytes { try source.fill($0) }
    offset += readCount
    if readCount < byteCount {
      throw IDXError.tooShort(name: name, expected: expectedLength, byteCount: offset)
    }
  }

  /// Makes sure that nothing lies behind the last entry.
  func verifyEnd() throws {
    var byte: UInt8 = 0
    let count = try withUnsafeMutableBytes(of: &byte) { try source.read(into: $0) }
    if count > 0 { throw IDXError.trailingBytes(name: name, offset: offset) }
  }

  private var expectedLength: String {
    switch content {
    case .images(let count, let height, let width):
      "\(content.fileByteCount) bytes (\(count) images of \(height)x\(width))"
    case .labels(let count): "\(content.fileByteCount) bytes (\(count) labels)"
    }
  }
}
