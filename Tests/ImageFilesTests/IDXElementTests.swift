// IDX files with element types other than bytes, and with other ranks.
import ByteIO
import ImageFiles
import TensorStream
import Testing

/// Encodes a number as an element of each type, big-endian.
private let encodings: [(type: UInt8, encode: @Sendable (Double) -> [UInt8])] = [
  (0x08, { [UInt8($0)] }), (0x09, { [UInt8(bitPattern: Int8($0))] }), (0x0B, { bytes(of: Int16($0)) }),
  (0x0C, { bytes(of: Int32($0)) }), (0x0D, { bytes(of: Float($0).bitPattern) }),
  (0x0E, { bytes(of: $0.bitPattern) }),
]

private func bytes(of number: some FixedWidthInteger) -> [UInt8] {
  withUnsafeBytes(of: number.bigEndian) { Array($0) }
}

private func file(_ type: UInt8, _ sizes: [Int], _ values: [Double]) -> [UInt8] {
  let encode = encodings.first { $0.type == type }!.encode
  return idx(type: type, sizes: sizes, data: values.flatMap(encode))
}

private func read(
  _ images: [UInt8], _ labels: [UInt8]? = nil, _ options: IDXImageOptions = IDXImageOptions(),
  piece: Int = .max
) throws -> RecordBatch {
  let reader = try IDXReader(
    images: MemorySource(images, piece: piece), labels: labels.map { MemorySource($0, name: "labels") },
    options: options)
  var (all, batch) = (RecordBatch(format: reader.format), RecordBatch(format: reader.format))
  while try reader.wait() {
    _ = try reader.fill(&batch, adding: false)
    all.append(0..<batch.count, of: batch)
  }
  return all
}

/// 2 images of 2 rows and 3 columns.
private let values: [Double] = [0, 1, 2, 64, 126, 127, 5, 4, 3, 2, 1, 0]

@Suite struct IDXElementTests {
  @Test(arguments: encodings.indices, [1, 3, .max])
  func numbersOfEveryTypeBecomePixels(_ index: Int, piece: Int) throws {
    let (type, _) = encodings[index]
    let isFloat = type >= 0x0D
    let images = file(type, [2, 2, 3], values)
    let plain = try read(images, nil, IDXImageOptions(scale: isFloat ? 1 : nil), piece: piece)
    #expect(plain.images == values.map { UInt8($0) })
    // Halves are rounded up: 0.5 becomes 1.
    let scaled = try read(images, nil, IDXImageOptions(scale: 1.5, offset: 1), piece: piece)
    #expect(scaled.images == values.map { UInt8(($0 * 1.5 + 1 + 0.5).rounded(.down)) })
    for byteCount in stride(from: 16, to: images.count, by: 1) {
      #expect(throws: IDXError.self) {
        try read(Array(images[..<byteCount]), nil, IDXImageOptions(scale: 1), piece: piece)
      }
    }
    #expect(throws: IDXError.trailingBytes(name: "sample", offset: images.count)) {
      try read(images + [0], nil, IDXImageOptions(scale: 1))
    }
  }

  @Test(arguments: encodings.indices)
  func labelsOfEveryTypeAreNumbers(_ index: Int) throws {
    let (type, _) = encodings[index]
    let images = file(8, [2, 2, 3], values)
    #expect(try read(images, file(type, [2], [3, 127])).labels == [3, 127])
    // Labels may also be a column, [2, 1].
    #expect(try read(images, file(type, [2, 1], [3, 127])).labels == [3, 127])
  }

  @Test(
    arguments: [
      (0x0C, [3, 256], "record 1, byte 12: expected a label from 0 to 255, found 256"),
      (0x0C, [-1, 3], "record 0, byte 8: expected a label from 0 to 255, found -1"),
      (0x09, [3, -128], "record 1, byte 9: expected a label from 0 to 255, found -128"),
      (0x0D, [3, 2.5], "record 1, byte 12: expected a label from 0 to 255, found 2.5"),
      (0x0E, [.nan, 2], "record 0, byte 8: expected a label from 0 to 255, found nan"),
    ] as [(UInt8, [Double], String)])
  func labelsBeyondAByteAreRefused(type: UInt8, labels: [Double], message: String) throws {
    let error = try #require(throws: IDXError.self) {
      try read(file(8, [2, 2, 3], values), file(type, [2], labels))
    }
    #expect(error.description == "labels: \(message)")
  }

  @Test func severalLabelsPerImageAreRefused() throws {
    let error = try #require(throws: IDXError.self) {
      try read(file(8, [2, 2, 3], values), file(0x0C, [2, 8], Array(repeating: 1, count: 16)))
    }
    #expect(error.description.contains("expected one label for each image, found 8 numbers"))
  }

  @Test(arguments: [0x0D, 0x0E] as [UInt8])
  func floatingPointNeedsAScale(type: UInt8) throws {
    let error = try #require(throws: IDXError.self) { try read(file(type, [2, 2, 3], values)) }
    #expect(
      error.description.contains("expected integers, found \(type == 0x0D ? 32 : 64)-bit floating point"))
    let unit = values.map { $0 / 127 }
    let images = try read(file(type, [2, 2, 3], unit), nil, IDXImageOptions(scale: 255)).images
    #expect(images == values.map { UInt8(($0 / 127 * 255).rounded()) })
  }

  @Test(
    arguments: [
      (0x0D, Double.nan, 1, "found nan"), (0x0D, .infinity, 1, "found inf"),
      (0x0E, -.infinity, 1, "found -inf"),
      (0x0D, 256, 1, "found 256, which scale and offset turn into 256"), (0x0D, 2, 200, "found 2, which"),
      (0x0E, -1, 1, "found -1, which scale and offset turn into -1"),
      (0x09, -1, nil, "found -1"),
      (0x0B, 256, nil, "found 256"), (0x0C, -70_000, nil, "found -70000"),
      (0x0E, 1e300, 1e300, "found 1e+300, which scale and offset turn into inf"),
    ] as [(UInt8, Double, Double?, String)])
  func otherValuesAreRefusedWithTheirPlace(type: UInt8, value: Double, scale: Double?, found: String) throws {
    var values = [Double](repeating: 0, count: 12)
    values[10] = value
    let images = file(type, [2, 2, 3], values)
    let error = try #require(throws: IDXError.self) {
      try read(images, nil, IDXImageOptions(scale: scale))
    }
    let byte = 16 + 10 * (images.count - 16) / 12
    let place = "sample: record 1, row 1, column 1, byte \(byte): expected a pixel from 0 to 255, "
    #expect(error.description.hasPrefix(place + found), "\(error)")
  }

  /// Channels may come before or after rows and columns, which may be exchanged.
  @Test(arguments: [false, true])
  func colorImagesAreReadWithChannelsFirstOrLast(isTransposed: Bool) throws {
    let (count, height, width) = (3, 4, 5)
    let pixels = sampleBytes(count * height * width * 3)
    func pixel(_ record: Int, _ row: Int, _ column: Int, _ channel: Int) -> UInt8 {
      pixels[((record * height + row) * width + column) * 3 + channel]
    }
    var planes: [UInt8] = []
    for record in 0..<count {
      for channel in 0..<3 {
        for row in 0..<height {
          for column in 0..<width { planes.append(pixel(record, row, column, channel)) }
        }
      }
    }
    var expected: [UInt8] = []
    for record in 0..<count {
      for y in 0..<(isTransposed ? width : height) {
        for x in 0..<(isTransposed ? height : width) {
          for channel in 0..<3 {
            expected.append(isTransposed ? pixel(record, x, y, channel) : pixel(record, y, x, channel))
          }
        }
      }
    }
    let options = IDXImageOptions(isTransposed: isTransposed)
    for (sizes, data) in [([count, height, width, 3], pixels), ([count, 3, height, width], planes)] {
      let batch = try read(idx(sizes: sizes, data: data), nil, options)
      #expect(
        batch.format.imageShape
          == ImageShape(
            height: isTransposed ? width : height, width: isTransposed ? height : width, channels: 3))
      #expect(batch.images == expected)
    }
    let grey = idx(sizes: [count, 1, height, 3 * width], data: pixels)
    #expect(try read(grey).format.imageShape == ImageShape(height: height, width: 3 * width, channels: 1))
    #expect(try read(grey).images == pixels)
  }

  @Test func rowsAndColumnsOfGreyImagesAreExchanged() throws {
    let batch = try read(file(8, [2, 2, 3], values), nil, IDXImageOptions(isTransposed: true))
    #expect(batch.format.imageShape == ImageShape(height: 3, width: 2, channels: 1))
    #expect(batch.images == [0, 64, 1, 126, 2, 127, 5, 2, 4, 1, 3, 0])
  }

  @Test func ambiguousChannelsNeedAnOption() throws {
    let images = idx(sizes: [1, 3, 2, 3], data: sampleBytes(18))
    let error = try #require(throws: IDXError.self) { try read(images) }
    #expect(error.description.contains("with the channels either first or last"))
    for (place, height, width) in [(IDXImageOptions.ChannelPlace.first, 2, 3), (.last, 3, 2)] {
      let batch = try read(images, nil, IDXImageOptions(channelPlace: place))
      #expect(batch.format.imageShape == ImageShape(height: height, width: width, channels: 3))
    }
    for sizes in [[1, 4, 5, 6], [1, 5, 6, 4], [1, 2, 5, 2]] {
      let error = try #require(throws: IDXError.self) { try read(idx(sizes: sizes, data: [])) }
      #expect(error.description.contains("expected images with 1 or 3 channels"))
    }
  }

  @Test func aHeaderOfHugeImagesCostsNoMemory() {
    // The header claims 2³² − 1 images of 400 megabytes each.
    let huge = idx(type: 0x0E, sizes: [0xFFFF_FFFF, 4096, 4096, 3], data: [1, 2, 3])
    #expect(throws: IDXError.self) { try read(huge, nil, IDXImageOptions(scale: 1)) }
    let lying = idx(sizes: [1, 4097, 4, 3], data: [])
    #expect(throws: IDXError.imageSize(name: "sample", height: 4097, width: 4)) { try read(lying) }
  }

  @Test func aScaleThatLeavesNearlyBlackImagesIsReported() throws {
    let images = file(0x0D, [2, 2, 3], values.map { $0 / 127 })
    for (scale, isReported) in [(1.0, true), (255.0, false)] {
      let reader = try IDXReader(
        images: MemorySource(images), labels: nil, options: IDXImageOptions(scale: scale))
      var batch = RecordBatch(format: reader.format)
      while try reader.wait() { _ = try reader.fill(&batch, adding: false) }
      #expect((reader.remark != nil) == isReported)
      if isReported {
        #expect(reader.remark?.contains("from 0.0 to 1.0, and the brightest pixel has 1 of 255") == true)
      }
    }
  }
}
