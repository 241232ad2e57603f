// Reads IDX files as records, images and their labels from a second file, and converts them to a tensor stream.
import ByteIO
import TensorStream
import Threading

/// Reads images, and the labels that belong to them, from IDX files, plain or compressed with gzip.
///
/// Memory is constant. The files must be complete: the last `wait`, which returns `false`, has verified that each is
/// exactly as long as its header says.
public final class IDXReader: BatchProducer {
  public let format: RecordFormat
  /// The number of images that the file's header claims.
  public let claimedCount: Int
  /// The number of records read so far.
  public private(set) var recordCount = 0
  let images: IDXFile
  let labels: IDXFile?

  /// Reads the headers. Throws ``IDXError``, ``GzipError`` or ``FileError``.
  public init(
    images: any ByteSource, labels: (any ByteSource)?, options: IDXImageOptions = IDXImageOptions()
  ) throws {
    self.images = try IDXFile(images, role: .images, options)
    self.labels = try labels.map { try IDXFile($0, role: .labels) }
    let content = self.images.content
    let count = content.count
    if let labels = self.labels, labels.content.count != count {
      throw IDXError.countsDiffer(
        images: self.images.name, imageCount: count, labels: labels.name, labelCount: labels.content.count)
    }
    claimedCount = count
    format = RecordFormat(
      content: .image(
        ImageShape(
          height: options.isTransposed ? content.width : content.height,
          width: options.isTransposed ? content.height : content.width, channels: content.channels)),
      hasLabels: labels != nil, hasNames: false)
  }

  /// Returns whether records are left. If none are, verifies that the files end there.
  public func wait() throws -> Bool {
    if recordCount < claimedCount { return true }
    try images.verifyEnd()
    try labels?.verifyEnd()
    return false
  }

  /// Replaces the batch's content with the next records, up to a full batch.
  ///
  /// A batch holds up to 1,024 records, but at most a megabyte unless a single record is larger. So it stays in the
  /// second-level cache, and a header that lies about sizes costs no memory.
  public func fill(_ batch: inout RecordBatch, adding: Bool) throws -> Bool {
    precondition(batch.format == format)
    let limit = max(1, min(1024, 1 << 20 / images.content.entryValueCount))
    batch.count = min(limit, claimedCount - recordCount)
    try images.read(batch.count, into: &batch.images)
    try labels?.read(batch.count, into: &batch.labels)
    recordCount += batch.count
    return false
  }

  /// Always true: files need no waiting.
  public var isReady: Bool { true }

  /// A doubt about the scale of the images, if there is one. All images must have been read.
  public var remark: String? {
    // A scale meant for values from 0 to 255 makes values from 0 to 1 nearly black.
    guard let scaled = images.scaled, scaled.brightest < 16 else { return nil }
    return
      "\(images.name): the values range from \(scaled.values.lowerBound) to \(scaled.values.upperBound), and the brightest"
      + " pixel has \(scaled.brightest) of 255"
  }
}

/// Writes the records `rows` of `reader` to `writer`, as far as they exist. Also reads and verifies all other records,
/// to the end of the files.
///
/// A separate thread decompresses the files, four fifths of the work, while this one encodes and writes records. With
/// `classCount`, refuses labels that are not below it. Throws ``IDXError``, ``GzipError`` or ``FileError``.
///
/// - Complexity: O(n) for n decompressed bytes of the files.
public func convertIDX(
  _ reader: IDXReader, rows: Range<Int>, classCount: Int?, to writer: TensorStreamWriter
) throws {
  guard rows.lowerBound < reader.claimedCount else {
    throw IDXError.nothingLeft(
      name: reader.images.name, count: reader.claimedCount, skipped: rows.lowerBound)
  }
  var batch = RecordBatch(format: reader.format)
  // Besides the current batch, one is ready and one is being filled.
  let ahead = ReadAhead(reader, spare: [batch, batch])
  var start = 0
  while try ahead.next(&batch) {
    if let classCount, let labels = reader.labels {
      if let index = batch.labels.firstIndex(where: { $0 >= classCount }) {
        throw IDXError.label(
          name: labels.name, record: start + index, byte: labels.byteOffset(ofEntry: start + index),
          label: batch.labels[index], classCount: classCount)
      }
    }
    let wanted = rows.clamped(to: start..<start + batch.count)
    if !wanted.isEmpty {
      try writer.append(batch, rows: wanted.lowerBound - start..<wanted.upperBound - start)
    }
    start += batch.count
  }
}
