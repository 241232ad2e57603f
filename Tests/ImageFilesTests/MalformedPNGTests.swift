import ImageFiles
import Testing

@Suite struct MalformedPNGTests {
  @Test func atLeastEightyDifferentFilesAreTested() {
    #expect(malformedPNGs.count >= 80)
    #expect(Set(malformedPNGs.map(\.description)).count == malformedPNGs.count)
    #expect(Set(malformedPNGs.map(\.file)).count == malformedPNGs.count)
  }

  @Test(arguments: malformedPNGs)
  func eachIsRefusedWithItsMessage(_ malformed: MalformedPNG) {
    for color in BitmapColor.allCases {
      let problem = #expect(throws: PNGProblem.self) {
        try decodePNG(malformed.file, color: color, isStrict: true)
      }
      guard let problem else { return }
      #expect(problem.description.contains(malformed.message), "\(problem)")
      #expect(problem.description.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control })
    }
  }

  /// Two formats, which have all kinds of chunks between them, are cut at every byte.
  @Test func aFileCutAnywhereIsRefused() {
    for sample in [
      SamplePNG(width: 7, height: 5, colorType: 3, bitDepth: 4, isInterlaced: true, isTransparent: true),
      SamplePNG(width: 7, height: 5, colorType: 6, bitDepth: 16),
    ] {
      let file = sample.file
      for byteCount in file.indices {
        #expect(throws: PNGProblem.self, "\(byteCount)") { try decodePNG(Array(file[..<byteCount])) }
      }
    }
  }

  @Test func aFlippedBitAnywhereIsRefused() {
    let file = SamplePNG(width: 7, height: 5, colorType: 3, bitDepth: 4, isTransparent: true).file
    for bit in 0..<file.count * 8 {
      var damaged = file
      damaged[bit / 8] ^= 1 << UInt8(bit % 8)
      #expect(throws: PNGProblem.self, "bit \(bit)") { try decodePNG(damaged) }
    }
  }

  /// Bytes are changed at random and the checksums recomputed, so that the changes reach libpng and zlib.
  @Test(arguments: 0..<8)
  func randomChangesAreReadOrRefused(part: Int) {
    var mutator = PNGMutator(seed: UInt64(part))
    var readCount = 0
    for _ in 0..<400 {
      let file = mutator.mutated()
      if let picture = try? decodePNG(file) {
        readCount += 1
        #expect(picture.pixels.count == picture.width * picture.height * picture.channels)
      }
    }
    #expect(1..<400 ~= readCount)
  }
}

/// Turns sound files into broken ones.
struct PNGMutator {
  private var noise: SampleNoise

  init(seed: UInt64) { noise = SampleNoise(state: seed) }

  mutating func mutated() -> [UInt8] {
    let format = PNGDecoderTests.formats[noise.next(PNGDecoderTests.formats.count)]
    let sample = SamplePNG(
      width: 1 + noise.next(12), height: 1 + noise.next(12), colorType: format.colorType,
      bitDepth: format.bitDepth, isInterlaced: noise.next(2) == 0,
      isTransparent: format.colorType < 4 && noise.next(2) == 0, seed: UInt64(noise.next(1000)))
    var parts: [[UInt8]] = [sample.header, sample.paletteChunk, sample.transparencyChunk]
      .filter { !$0.isEmpty }
    switch noise.next(3) {
    case 0:
      var rows = sample.filteredRows
      change(&rows)
      parts.append(chunk("IDAT", deflated(rows)))
    case 1:
      var compressed = deflated(sample.filteredRows)
      change(&compressed)
      parts.append(sample.imageData(compressed))
    default:
      parts.append(sample.imageData)
      let index = noise.next(parts.count - 1)
      var data = Array(parts[index][8..<parts[index].count - 4])
      change(&data)
      parts[index] = chunk(String(decoding: parts[index][4..<8], as: UTF8.self), data)
    }
    if noise.next(8) == 0 { parts.swapAt(noise.next(parts.count), noise.next(parts.count)) }
    if noise.next(8) == 0 { parts.remove(at: noise.next(parts.count)) }
    if noise.next(8) == 0 { parts.append(parts[noise.next(parts.count)]) }
    return signature + parts.joined() + chunk("IEND", [])
  }

  private mutating func change(_ bytes: inout [UInt8]) {
    for _ in 0...noise.next(3) where !bytes.isEmpty {
      let place = noise.next(bytes.count)
      switch noise.next(5) {
      case 0: bytes[place] ^= 1 << UInt8(noise.next(8))
      case 1: bytes[place] = UInt8(noise.next(256))
      case 2: bytes.remove(at: place)
      case 3: bytes.insert(UInt8(noise.next(256)), at: place)
      default: bytes.removeSubrange(place...)
      }
    }
  }
}
