// Writes records as files: PNG files in a folder, or members of an archive.
import Archives
import ByteIO
import Charts
import CommandLine
import ImageFiles
import TensorStream

/// A record whose image is written.
private struct WrittenRecord {
  /// [height, width, channels].
  let pixels: ArraySlice<UInt8>
  let shape: ImageShape
  let name: [UInt8]?
  let label: UInt8?
  /// The record's number in the stream, from 0.
  let number: Int
}

extension Raw2PNG {
  /// Writes the chosen records as files into a folder.
  func write(_ reader: TensorStreamReader, select: RecordSelection?, into folder: ImageFolder) throws {
    try visitRecords(of: reader, select: select) {
      try folder.write($0.pixels, shape: $0.shape, name: $0.name, record: $0.number)
    }
    noteRenamed(folder.renamedCount, of: reader)
  }

  /// Writes the chosen records as a tar archive. Throws if that would go to a terminal, unless forced.
  func write(_ reader: TensorStreamReader, select: RecordSelection?, to file: OutputFile) throws {
    if file.isTerminal && !force {
      throw TerminalError.output(name: file.name, instead: "raw2png test.raw --tar test.tar")
    }
    if target.cls, !reader.format.hasLabels { throw NoLabels(name: reader.name) }
    let shard = try TarShard(file, writesLabels: target.cls)
    try visitRecords(of: reader, select: select) {
      try shard.write($0.pixels, shape: $0.shape, name: $0.name, label: $0.label, record: $0.number)
    }
    try shard.finish()
    try file.commit()
    noteRenamed(shard.renamedCount, of: reader)
  }

  /// Reads the stream to its end, and calls `body` for each chosen record.
  private func visitRecords(
    of reader: TensorStreamReader, select: RecordSelection?, _ body: (WrittenRecord) throws -> Void
  ) throws {
    try visitImages(of: reader, select: select, count: choice.limit) { batch, row, number, _ in
      guard let shape = batch.format.imageShape else { return }
      try body(
        WrittenRecord(
          pixels: batch.images[row * shape.byteCount..<(row + 1) * shape.byteCount], shape: shape,
          name: batch.format.hasNames ? batch.names[row] : nil,
          label: batch.format.hasLabels ? batch.labels[row] : nil, number: number))
    }
  }

  /// Reports how many records could not give their files their names.
  private func noteRenamed(_ count: Int, of reader: TensorStreamReader) {
    guard count > 0, !reporting.quiet else { return }
    Self.say(
      "\(reader.name): "
        + (count == 1
          ? "1 record has its number as file name, because its name is unsafe, comes twice, or is that of a folder"
          : "\(grouped(count)) records have their numbers as file names, because their names are unsafe, come twice, or are"
            + " those of folders"))
  }
}

/// The error for records without labels if labels are to be written.
private struct NoLabels: Failure {
  let name: String
  var kind: FailureKind { .badData }
  var description: String { "\(name): expected records with labels, found none; leave out --cls" }
}
