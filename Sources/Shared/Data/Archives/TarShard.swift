// Writes records as a shard: a tar archive of PNG files, and optionally of their labels.
import ByteIO
import CTar
import ImageFiles
import TensorStream

/// Writes images as members of a tar archive.
///
/// A member is named by its record, as ``RecordFileNames`` does it for folders. With labels, each picture `KEY.png` is
/// followed by `KEY.cls`, which holds the label's digits, by WebDataset's convention. The same records give the same
/// bytes, whoever writes them and whenever.
public final class TarShard {
  /// The number of records with a name whose member is named by the record's number.
  public var renamedCount: Int { names.renamedCount }

  private let writesLabels: Bool
  private let sink: Sink
  private let writer: OpaquePointer
  private var names: RecordFileNames

  /// Writes to `output`. The caller must commit it.
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
  ///
  /// - Complexity: O(n) for n bytes of pixels, in time and memory.
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

  /// Writes the end of the archive.
  public func finish() throws {
    guard ctar_finish(writer) else { throw sink.failure ?? TarError.outOfMemory }
  }
}

/// The output that libarchive writes to. It keeps the output's error, since Swift errors cannot pass through C.
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
