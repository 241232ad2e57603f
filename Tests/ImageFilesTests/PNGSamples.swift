// PNG files of every kind, written from the specification, independently of libpng and without regard to speed.
import CZlib

/// A picture, and how it is written as PNG.
struct SamplePNG {
  var width: Int
  var height: Int
  /// The colour type: 0 grey, 2 RGB, 3 palette, 4 grey + alpha, 6 RGB + alpha.
  var colorType: Int
  var bitDepth: Int
  var isInterlaced = false
  /// The colours of the palette, each red, green and blue.
  var palette: [[UInt8]]?
  /// The data of chunk tRNS.
  var transparency: [UInt8]?
  /// The values, each below 2^bitDepth: [height, width, values of a pixel].
  var values: [Int] = []
  /// The filter type of the first row. Each row after it uses the next type.
  var firstFilter = 0
  /// The number of bytes of compressed data in each chunk IDAT.
  var pieceByteCount = 50

  var valueCount: Int { [0: 1, 2: 3, 3: 1, 4: 2, 6: 4][colorType]! }

  /// Makes a picture of noise. A palette has as many colours as the depth allows.
  init(
    width: Int, height: Int, colorType: Int, bitDepth: Int, isInterlaced: Bool = false,
    isTransparent: Bool = false,
    seed: UInt64 = 1
  ) {
    (self.width, self.height, self.colorType, self.bitDepth) = (width, height, colorType, bitDepth)
    self.isInterlaced = isInterlaced
    var noise = SampleNoise(state: seed)
    values = (0..<width * height * valueCount).map { _ in noise.next(1 << bitDepth) }
    if colorType == 3 {
      palette = (0..<1 << bitDepth).map { _ in (0..<3).map { _ in UInt8(noise.next(256)) } }
      // Fewer entries than colours: the other colours are opaque.
      if isTransparent {
        transparency = (0..<max(1, (1 << bitDepth) / 2)).map { _ in UInt8(noise.next(256)) }
      }
    } else if isTransparent {
      // The first pixel's colour, so that at least one pixel is transparent.
      transparency = values.prefix(valueCount).flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] }
    }
  }

  // MARK: The file

  var file: [UInt8] { signature + header + middle + chunk("IEND", []) }
  var header: [UInt8] {
    chunk(
      "IHDR",
      bigEndian(width) + bigEndian(height)
        + [UInt8(bitDepth), UInt8(colorType), 0, 0, isInterlaced ? 1 : 0])
  }
  var paletteChunk: [UInt8] { palette.map { chunk("PLTE", $0.flatMap { $0 }) } ?? [] }
  var transparencyChunk: [UInt8] { transparency.map { chunk("tRNS", $0) } ?? [] }
  var imageData: [UInt8] { imageData(deflated(filteredRows)) }
  var middle: [UInt8] { paletteChunk + transparencyChunk + imageData }

  /// The compressed data, split into chunks.
  func imageData(_ compressed: [UInt8]) -> [UInt8] {
    stride(from: 0, to: compressed.count, by: pieceByteCount).flatMap {
      chunk("IDAT", Array(compressed[$0..<min($0 + pieceByteCount, compressed.count)]))
    }
  }

  /// All rows of all passes, each after its filter type. The types take turns.
  var filteredRows: [UInt8] {
    let passes =
      isInterlaced
      ? [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
      : [(0, 0, 1, 1)]
    var bytes: [UInt8] = []
    var filter = firstFilter
    for (left, top, columnStep, rowStep) in passes where left < width && top < height {
      var above: [UInt8]?
      for y in stride(from: top, to: height, by: rowStep) {
        let row = packed(stride(from: left, to: width, by: columnStep).flatMap { pixel($0, y) })
        bytes += filtered(row, above: above ?? row.map { _ in 0 }, filter % 5)
        above = row
        filter += 1
      }
    }
    return bytes
  }

  private func pixel(_ x: Int, _ y: Int) -> ArraySlice<Int> {
    values[(y * width + x) * valueCount..<(y * width + x + 1) * valueCount]
  }

  /// Packs the values into bytes, the first into the highest bits.
  private func packed(_ values: [Int]) -> [UInt8] {
    let bits = values.flatMap { value in (0..<bitDepth).map { value >> (bitDepth - 1 - $0) & 1 } }
    return stride(from: 0, to: bits.count, by: 8).map { start in
      (0..<8).reduce(0) { $0 << 1 | (start + $1 < bits.count ? UInt8(bits[start + $1]) : 0) }
    }
  }

  private func filtered(_ row: [UInt8], above: [UInt8], _ type: Int) -> [UInt8] {
    let distance = max(1, valueCount * bitDepth / 8)
    return [UInt8(type)]
      + row.indices.map { index in
        let a = index >= distance ? Int(row[index - distance]) : 0
        let b = Int(above[index])
        let c = index >= distance ? Int(above[index - distance]) : 0
        let prediction: Int
        switch type {
        case 0: prediction = 0
        case 1: prediction = a
        case 2: prediction = b
        case 3: prediction = (a + b) / 2
        default:
          let p = a + b - c
          let (pa, pb, pc) = (abs(p - a), abs(p - b), abs(p - c))
          prediction = pa <= pb && pa <= pc ? a : pb <= pc ? b : c
        }
        return row[index] &- UInt8(truncatingIfNeeded: prediction)
      }
  }

  // MARK: The expected picture

  /// The bytes of the decoded picture, [height, width, channels].
  func expected(channels: Int, background: [Int]) -> [UInt8] {
    (0..<width * height).flatMap { index -> [UInt8] in
      let (color, alpha) = color(Array(values[index * valueCount..<(index + 1) * valueCount]))
      let seen = zip(color, background).map { value, ground in
        Int(((Double(value) * alpha + Double(ground) * (255 - alpha)) / 255).rounded())
      }
      if channels == 3 { return seen.map { UInt8($0) } }
      return [UInt8((19595 * seen[0] + 38470 * seen[1] + 7471 * seen[2] + 32768) / 65536)]
    }
  }

  /// The red, green, blue and opacity of a pixel, from 0 to 255.
  private func color(_ pixel: [Int]) -> (color: [Int], alpha: Double) {
    func scaled(_ value: Int) -> Int { Int((Double(value) * 255 / Double(1 << bitDepth - 1)).rounded()) }
    if colorType == 3 {
      let alpha = transparency.map { pixel[0] < $0.count ? Double($0[pixel[0]]) : 255 } ?? 255
      return (palette![pixel[0]].map { Int($0) }, alpha)
    }
    let isKey = transparency.map { $0 == pixel.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] } } ?? false
    let alpha = colorType >= 4 ? Double(scaled(pixel.last!)) : isKey ? 0 : 255
    let isGrey = colorType == 0 || colorType == 4
    return (isGrey ? [Int](repeating: scaled(pixel[0]), count: 3) : pixel.prefix(3).map(scaled), alpha)
  }
}

let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

/// A chunk with the checksum of its type and data, or with the given one.
func chunk(_ type: String, _ data: [UInt8], checksum: UInt32? = nil) -> [UInt8] {
  let covered = Array(type.utf8) + data
  return bigEndian(data.count) + covered + bigEndian(Int(checksum ?? naiveCRC32(covered)))
}

/// Computes the specification's CRC-32, bit by bit.
func naiveCRC32(_ bytes: [UInt8]) -> UInt32 {
  ~bytes.reduce(~0 as UInt32) { sum, byte in
    (0..<8).reduce(sum ^ UInt32(byte)) { sum, _ in sum & 1 == 1 ? 0xEDB8_8320 ^ sum >> 1 : sum >> 1 }
  }
}

/// Compresses `bytes` to a zlib stream.
func deflated(_ bytes: [UInt8]) -> [UInt8] {
  var count = compressBound(uLong(bytes.count))
  var output = [UInt8](repeating: 0, count: Int(count))
  precondition(compress2(&output, &count, bytes, uLong(bytes.count), 9) == Z_OK)
  return Array(output[..<Int(count)])
}

/// Knuth's linear congruential generator.
struct SampleNoise {
  var state: UInt64

  mutating func next(_ bound: Int) -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int(state >> 33) % bound
  }
}
