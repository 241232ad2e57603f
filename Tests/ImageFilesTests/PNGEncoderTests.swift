import ImageFiles
import TensorStream
import Testing

@Suite struct PNGEncoderTests {
  @Test(arguments: [(1, 1), (28, 28), (1, 4096), (4096, 1), (3, 5), (257, 129)], [1, 3])
  func encodedPixelsAreDecodedUnchanged(_ size: (Int, Int), _ channels: Int) throws {
    let shape = ImageShape(height: size.0, width: size.1, channels: channels)
    let pixels = sampleBytes(shape.byteCount)
    let file = try encodedPNG(pixels, shape: shape)
    let decoder = PNGDecoder(color: channels == 1 ? .grey : .rgb, background: .white)
    let bitmap = try file.withUnsafeBytes { try decoder.decode($0) }
    #expect((bitmap.height, bitmap.width, bitmap.channels) == (size.0, size.1, channels))
    #expect(bitmap.pixels == pixels)
  }

  @Test func aFileContainsThePixelsAndNothingElse() throws {
    let shape = ImageShape(height: 9, width: 7, channels: 1)
    let file = try encodedPNG(sampleBytes(63), shape: shape)
    #expect(try encodedPNG(sampleBytes(63)[...], shape: shape) == file)
    #expect(file.prefix(8) == [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
    // A chunk is a length, a type, the data and a checksum.
    var types: [String] = []
    var offset = 8
    while offset < file.count {
      let length = file[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) }
      types.append(String(decoding: file[offset + 4..<offset + 8], as: UTF8.self))
      offset += length + 12
    }
    #expect(offset == file.count)
    #expect(types.first == "IHDR" && types.last == "IEND")
    #expect(Set(types) == ["IHDR", "IDAT", "IEND"])
    // Width, height, 8 bits, grey, and no interlacing.
    #expect(file[16..<29].elementsEqual([0, 0, 0, 7, 0, 0, 0, 9, 8, 0, 0, 0, 0]))
  }
}
