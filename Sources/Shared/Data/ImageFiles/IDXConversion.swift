// Converts IDX files to a tensor stream.
import ByteIO
import TensorStream
import Threading

/// Writes the records `rows` of `reader` to `writer`, as far as they exist. Also reads and verifies all other records,
/// to the end of the files.
///
/// A separate thread decompresses the files, four fifths of the work, while this one encodes and writes records. With
/// `classCount`, refuses labels that are not below it. Throws ``IDXError``, ``GzipError`` or ``FileError``.
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
