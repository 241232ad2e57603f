// Reads the arrays of a stream one after the other: their headers, and the content of ends. TensorStreamReader reads
// the records of chunks.
import ByteIO

/// Reads the arrays of an input.
final class ArrayReader {
  /// The next array of a stream.
  enum Element {
    /// The header of a chunk whose records follow in `input`.
    case chunk(RecordLayout, recordCount: Int)
    case end(StreamEnd)
  }

  let input: StreamInput
  /// The number of chunks begun so far.
  private(set) var chunkCount = 0
  /// The place where the latest array began.
  private(set) var place: StreamPlace
  /// Whether the input may end here.
  private var isAfterEnd = false

  init(_ source: any ByteSource) {
    input = StreamInput(source)
    place = StreamPlace(name: source.name, part: .chunk(1), offset: 0)
  }

  /// Whether the whole header of the next array is in the buffer, so that no read is needed.
  var holdsHeader: Bool {
    guard let byteCount = headerByteCount else { return false }
    return input.count >= byteCount
  }

  /// Reads the header of the next chunk, or a whole end. Returns `nil` at the proper end of the input.
  func next() throws -> Element? {
    place.offset = input.offset
    place.part = .chunk(chunkCount + 1)
    guard try input.require(1) else {
      if isAfterEnd { return nil }
      throw input.offset == 0 ? StreamError.empty(name: place.name) : .endMissing(place)
    }
    let header = try header()
    isAfterEnd = false
    switch header {
    case .chunk(let layout, let recordCount):
      chunkCount += 1
      return .chunk(layout, recordCount: recordCount)
    case .end(let byteCount):
      place.part = .end
      let end = try end(byteCount)
      isAfterEnd = true
      return .end(end)
    }
  }

  /// The size of the whole header in bytes; `nil` until its preamble is in the buffer.
  private var headerByteCount: Int? {
    let bytes = input.bytes
    guard bytes.count >= ArrayHeader.preambleByteCount else { return nil }
    return ArrayHeader.preambleByteCount + Int(bytes[8]) + Int(bytes[9]) << 8
  }

  private func header() throws -> ArrayHeader {
    _ = try input.require(ArrayHeader.preambleByteCount)
    let start = Array(input.bytes.prefix(ArrayHeader.preambleByteCount))
    guard start.starts(with: FileKind.tensorStreamSignature.prefix(start.count)) else {
      throw input.offset == 0
        ? StreamError.notAStream(name: place.name, start: Array(input.bytes.prefix(FileKind.byteCount)))
        : .bytesBetweenArrays(place, start: start)
    }
    guard let byteCount = headerByteCount else { throw StreamError.truncatedHeader(place) }
    guard start[6] == 1, start[7] == 0 else {
      throw StreamError.header(place, .version(major: start[6], minor: start[7]))
    }
    guard byteCount <= StreamLimits.headerByteCount else {
      throw StreamError.header(place, .tooLong(byteCount: byteCount))
    }
    guard try input.require(byteCount) else { throw StreamError.truncatedHeader(place) }
    do {
      let header = try ArrayHeader(parsing: input.bytes[ArrayHeader.preambleByteCount..<byteCount])
      input.consume(byteCount)
      return header
    } catch {
      place.offset += ArrayHeader.preambleByteCount + error.offset
      throw StreamError.header(place, error.problem)
    }
  }

  private func end(_ byteCount: Int) throws -> StreamEnd {
    let contentPlace = StreamPlace(name: place.name, part: .end, offset: input.offset)
    guard try input.require(byteCount) else {
      throw StreamError.truncatedEnd(contentPlace, expected: byteCount, found: input.count)
    }
    do {
      let end = try StreamEnd(parsing: input.bytes.prefix(byteCount))
      input.consume(byteCount)
      return end
    } catch {
      throw StreamError.end(contentPlace, error)
    }
  }
}
