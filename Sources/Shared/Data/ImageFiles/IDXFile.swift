// Reads one IDX file from its first entry to its last, as bytes: pixels or labels.
import ByteIO
import TensorStream

/// The entries of a file, in order.
final class IDXFile {
  let content: IDXContent
  /// The smallest and the largest number that a scale turned into a pixel, and the brightest of these pixels.
  private(set) var scaled: (values: ClosedRange<Double>, brightest: UInt8)?

  private let options: IDXImageOptions
  private let source: DecompressedInput
  /// The number of decompressed bytes read so far.
  private var offset: Int
  private var entryCount = 0
  /// Buffers for numbers before they become bytes, and for an image that is being rearranged.
  private var piece: [UInt8] = []
  private var image: [UInt8] = []
  var name: String { source.name }

  /// Memory grows by at most a megabyte beyond the data that arrived, whatever sizes the header claims.
  private static let pieceByteCount = 1 << 20

  init(_ source: any ByteSource, role: IDXRole, _ options: IDXImageOptions = IDXImageOptions()) throws {
    self.source = try DecompressedInput(source)
    self.options = options
    content = try IDXContent.readHeader(self.source, role: role, options)
    offset = content.headerByteCount
  }

  /// Returns the offset of an entry, for messages.
  func byteOffset(ofEntry entry: Int) -> Int { content.headerByteCount + entry * content.entryByteCount }

  /// Replaces the column's content with the next `count` entries.
  ///
  /// - Complexity: O(n) for n bytes of the entries.
  func read(_ count: Int, into column: inout [UInt8]) throws {
    let valueCount = count * content.entryValueCount
    if column.count > valueCount { column.removeLast(column.count - valueCount) }
    let isPlain = content.element == .unsignedByte && options.scale == nil
    let step = Self.pieceByteCount / content.element.byteCount
    for start in stride(from: 0, to: valueCount, by: step) {
      let end = min(valueCount, start + step)
      if column.count < end { column.append(contentsOf: repeatElement(0, count: end - column.count)) }
      if isPlain {
        try column.withUnsafeMutableBytes {
          try take(UnsafeMutableRawBufferPointer(rebasing: $0[start..<end]))
        }
      } else {
        try convert(into: &column, start..<end)
      }
    }
    if content.role == .images { arrange(&column, count) }
    entryCount += count
  }

  /// Checks that the file ends after the last entry.
  func verifyEnd() throws {
    var byte: UInt8 = 0
    let count = try withUnsafeMutableBytes(of: &byte) { try source.read(into: $0) }
    if count > 0 { throw IDXError.trailingBytes(name: name, offset: offset) }
  }

  /// Fills a buffer with bytes of the file.
  private func take(_ buffer: UnsafeMutableRawBufferPointer) throws {
    let count = try source.fill(buffer)
    offset += count
    if count < buffer.count {
      throw IDXError.tooShort(name: name, expected: expectedLength, byteCount: offset)
    }
  }

  private var expectedLength: String {
    let (bytes, count) = (content.fileByteCount, content.count)
    guard content.role == .images else { return "\(bytes) bytes (\(count) label\(count == 1 ? "" : "s"))" }
    let shape = ImageShape(height: content.height, width: content.width, channels: content.channels)
    return "\(bytes) bytes (\(count) image\(count == 1 ? "" : "s") of \(shape.typedText))"
  }

  // MARK: Numbers

  /// Reads numbers and stores the pixels or labels that they stand for at `places` in the column.
  private func convert(into column: inout [UInt8], _ places: Range<Int>) throws {
    let byteCount = places.count * content.element.byteCount
    if piece.count < byteCount { piece.append(contentsOf: repeatElement(0, count: byteCount - piece.count)) }
    try piece.withUnsafeMutableBytes { piece in
      let bytes = UnsafeMutableRawBufferPointer(rebasing: piece[..<byteCount])
      try take(bytes)
      let numbers = UnsafeRawBufferPointer(bytes)
      func values<Bits: FixedWidthInteger>(_ type: Bits.Type, _ value: (Bits) -> Double) throws {
        let size = MemoryLayout<Bits>.size
        for (index, place) in places.enumerated() {
          let bits = Bits(bigEndian: numbers.loadUnaligned(fromByteOffset: index * size, as: Bits.self))
          column[place] = try byte(of: value(bits), at: place)
        }
      }
      switch content.element {
      case .unsignedByte: try values(UInt8.self) { Double($0) }
      case .signedByte: try values(Int8.self) { Double($0) }
      case .int16: try values(Int16.self) { Double($0) }
      case .int32: try values(Int32.self) { Double($0) }
      case .float: try values(UInt32.self) { Double(Float(bitPattern: $0)) }
      case .double: try values(UInt64.self) { Double(bitPattern: $0) }
      }
    }
  }

  /// Returns the pixel or label that a number stands for. `place` is its index in the column.
  private func byte(of value: Double, at place: Int) throws(IDXError) -> UInt8 {
    guard content.role == .images else {
      // Class numbers are written as integers of any size, and by some programs as floating point.
      if let label = UInt8(exactly: value) { return label }
      throw .labelValue(
        name: name, record: entryCount + place, byte: byteOffset(ofEntry: entryCount + place), found: value)
    }
    let pixel = value * (options.scale ?? 1) + options.offset
    // NaN fails this test too.
    guard pixel >= -0.5, pixel < 255.5 else { throw pixelProblem(value, pixel, at: place) }
    // Halves are rounded up, so −0.5 becomes 0.
    let byte = UInt8((pixel + 0.5).rounded(.down))
    if options.scale != nil {
      let before = scaled ?? (value...value, byte)
      scaled = (
        min(before.values.lowerBound, value)...max(before.values.upperBound, value),
        max(before.brightest, byte)
      )
    }
    return byte
  }

  private func pixelProblem(_ value: Double, _ pixel: Double, at place: Int) -> IDXError {
    let (entry, index) = place.quotientAndRemainder(dividingBy: content.entryValueCount)
    let pixelIndex =
      content.channelPlace == .first ? index % (content.height * content.width) : index / content.channels
    let record = entryCount + entry
    return .pixelValue(
      name: name,
      IDXError.PixelPlace(
        record: record, row: pixelIndex / content.width, column: pixelIndex % content.width,
        byte: byteOffset(ofEntry: record) + index * content.element.byteCount), found: value,
      pixel: options.scale == nil && options.offset == 0 ? nil : pixel)
  }

  // MARK: Order

  /// Rearranges the images' bytes to the order of records, [height, width, channels], and transposes them if the
  /// options say so.
  private func arrange(_ column: inout [UInt8], _ count: Int) {
    let (height, width, channels) = (content.height, content.width, content.channels)
    let isPlanar = content.channelPlace == .first && channels > 1
    guard isPlanar || options.isTransposed else { return }
    let byteCount = content.entryValueCount
    // The distances in the file from a row, a column and a channel to the next.
    let (row, next, channel) = isPlanar ? (width, 1, height * width) : (width * channels, channels, 1)
    let (outer, inner) =
      options.isTransposed ? ((width, next), (height, row)) : ((height, row), (width, next))
    for start in stride(from: 0, to: count * byteCount, by: byteCount) {
      image.removeAll(keepingCapacity: true)
      for y in 0..<outer.0 {
        for x in 0..<inner.0 {
          for c in 0..<channels { image.append(column[start + y * outer.1 + x * inner.1 + c * channel]) }
        }
      }
      column.replaceSubrange(start..<start + byteCount, with: image)
    }
  }
}
