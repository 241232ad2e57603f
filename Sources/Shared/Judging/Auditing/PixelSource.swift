// The sources of pixels when records are looked at a second time.

import ByteIO
import TensorStream

/// The source of a stream's pixels after it was read once.
enum PixelSource {
  /// The pixels in memory, [count, height, width, channels].
  case kept([UInt8])
  /// A file, which is opened and read again.
  case file(() throws -> TensorStreamReader)
  /// None, since nothing needs the pixels.
  case none
}

/// Fetches the pixels of chosen records.
struct PixelFetcher {
  let records: AuditedRecords
  /// The sources of pixels, one for each stream.
  let sources: [PixelSource]

  /// Returns the pixels of the records `wanted`, which must be in order: [wanted.count, height, width, channels]. Files
  /// are read up to the last of these records. Throws ``AuditError/changed(name:)`` if an image differs from the one
  /// that was read before.
  func pixels(of wanted: [Int]) throws -> [UInt8] {
    let byteCount = records.plan.shape.byteCount
    var pixels: [UInt8] = []
    pixels.reserveCapacity(wanted.count * byteCount)
    var rest = wanted[...]
    for (stream, source) in zip(records.streams, sources) {
      let here = rest.prefix { $0 < stream.records.upperBound }
      rest = rest[here.endIndex...]
      if here.isEmpty { continue }
      switch source {
      case .kept(let images):
        for record in here {
          let start = (record - stream.records.lowerBound) * byteCount
          pixels += images[start..<start + byteCount]
        }
      case .file(let open): try read(here, of: stream, try open(), into: &pixels)
      case .none: preconditionFailure("the pixels of \(stream.name) were not kept")
      }
    }
    return pixels
  }

  private func read(
    _ wanted: ArraySlice<Int>, of stream: AuditedStream, _ reader: TensorStreamReader,
    into pixels: inout [UInt8]
  ) throws {
    let shape = records.plan.shape
    guard reader.format.imageShape == shape else { throw AuditError.changed(name: stream.name) }
    var batch = RecordBatch(format: reader.format)
    var (first, rest) = (stream.records.lowerBound, wanted)
    while let next = rest.first {
      guard try reader.read(into: &batch, limit: StreamLimits.chunkRecordCount) > 0 else {
        throw AuditError.changed(name: stream.name)
      }
      let here = rest.prefix { $0 < first + batch.count }
      precondition(next >= first, "records out of order")
      try batch.images.withUnsafeBufferPointer { images in
        for record in here {
          let start = (record - first) * shape.byteCount
          let image = UnsafeBufferPointer(rebasing: images[start..<start + shape.byteCount])
          guard ContentDigest(image) == records.digests[record] else {
            throw AuditError.changed(name: stream.name)
          }
          pixels.append(contentsOf: image)
        }
      }
      rest = rest[here.endIndex...]
      first += batch.count
    }
  }
}
