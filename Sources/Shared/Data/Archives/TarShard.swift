// Records as a shard: a tar archive of PNG files, and of their labels if these are wanted.
import ByteIO
import CTar
import ImageFiles
import TensorStream

/// Writes images as members of a tar archive.
///
/// A record's name is its member's, as ``RecordFileNames`` has it for folders. With labels, each picture `KEY.png` is followed by
/// `KEY.cls`, which holds the label's digits, by WebDataset's convention. The same records are the same bytes, whoever writes
/// them, and when.
public final class TarShard {
  /// How many records with a name have their number as the member's name.
  public var renamedCount: Int { names.renamedCount }

  private let writesLabels: Bool
  private let sink: Sink
  private let writer: OpaquePointer
  private var names: RecordFileNames

  /// Writes to an output, which is committed by whoever opened it.
  public init(_ output: OutputFile, writesLabels: Bool) throws {
    self.writesLabels = writesLabels
    names = RecordFileNames(areSampleKeys: writesLabels)
    sink = Sink(output)
    let context = Unmanaged.passUnretained(sink).toOpaque()
    let writer = ctar_writer_create(context) { context, bytes, count in
      guard let context else { return false }
      return Unmanaged<Sink>.fromOpaque(context).takeUnretainedValue()
        .write(UnsafeRawBufferPointer(start: bytes, count: count))
    }
    guard let writer else { throw TarError.outOfMemory }
    self.writer = writer
  }

  deinit { ctar_writer_destroy(writer) }

  /// Writes an image, [height, width, channels]. `record` is its number, `name` its name if it has one.
  public func write(
    _ pixels: some Collection<UInt8>, shape: ImageShape, name: [UInt8]?, label: UInt8?, record: Int
  ) throws {
    let path = names.path(name: name, record: record).joined(separator: "/")
    try write(try encodedPNG(pixels, shape: shape), as: path)
    if writesLabels, let label {
      try write(Array("\(label)".utf8), as: path.dropLast(".png".count) + ".cls")
    }
  }

  private func write(_ bytes: [UInt8], as name: String) throws {
    guard ctar_write(writer, name, bytes, bytes.count) else { throw sink.failure ?? TarError.outOfMemory }
  }

  /// Writes the end.
  public func finish() throws {
    guard ctar_finish(writer) else { throw sink.failure ?? TarError.outOfMemory }
  }
}

/// What libarchive writes to. It keeps the error of an output, since none can pass through C.
private final class Sink {
  private let output: OutputFile
  private(set) var failure: (any Error)?

  init(_ output: OutputFile) { self.output = output }

  func write(_ bytes: UnsafeRawBufferPointer) -> Bool {
    do {
      try output.write(bytes)
      return true
    } catch {
      failure = error
      return false
    }
  }
}
