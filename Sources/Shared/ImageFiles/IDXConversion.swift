// From IDX files to a tensor stream.
import ByteIO
import TensorStream

/// Writes the records `rows` of `reader` to `writer`, those of them that exist. All other records are read and
/// verified too, to the end of the files.
///
/// With `classCount`, a label that is not below it is refused. Throws ``IDXError``, ``GzipError``, ``FileError``.
public func convertIDX(
  _ reader: IDXReader, rows: Range<Int>, classCount: Int?, to writer: TensorStreamWriter
) throws {
  guard rows.lowerBound < reader.claimedCount else {
    throw IDXError.nothingLeft(
      name: reader.images.name, count: reader.claimedCount, skipped: rows.lowerBound)
  }
  var batch = RecordBatch(format: reader.format)
  while true {
    let start = reader.recordCount
    let count = try reader.read(into: &batch)
    if count == 0 { return }
    if let classCount, let labels = reader.labels {
      if let index = batch.labels.firstIndex(where: { $0 >= classCount }) {
        throw IDXError.label(
          name: labels.name, record: start + index, label: batch.labels[index], classCount: classCount)
      }
    }
    let wanted = rows.clamped(to: start..<start + count)
    if !wanted.isEmpty {
      try writer.append(batch, rows: wanted.lowerBound - start..<wanted.upperBound - start)
    }
  }
}
