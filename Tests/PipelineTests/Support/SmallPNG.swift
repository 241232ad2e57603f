// Uncompressed PNG files of 8 bits per channel, built byte by byte from the specification.

/// A grey or RGB picture.
struct SmallPNG {
  var width: Int
  var height: Int
  /// [height, width, channels].
  var pixels: [UInt8]

  /// Noise that is different for each seed.
  init(width: Int = 4, height: Int = 4, channels: Int = 1, seed: Int = 0) {
    (self.width, self.height) = (width, height)
    pixels = (0..<width * height * channels).map {
      UInt8(truncatingIfNeeded: ($0 + 1) * (2 * seed + 37) >> 1)
    }
  }

  var file: [UInt8] {
    Self.signature + header + data + Self.chunk("IEND", [])
  }

  /// A file of 8 bits per channel and any colour type. Each row of `rows` begins with its filter byte.
  static func file(width: Int, height: Int, colorType: UInt8, rows: [UInt8]) -> [UInt8] {
    let header = chunk("IHDR", bigEndian(width) + bigEndian(height) + [8, colorType, 0, 0, 0])
    return signature + header + chunk("IDAT", stored(rows)) + chunk("IEND", [])
  }

  private static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

  var header: [UInt8] {
    let isGrey = pixels.count == width * height
    return Self.chunk("IHDR", Self.bigEndian(width) + Self.bigEndian(height) + [8, isGrey ? 0 : 2, 0, 0, 0])
  }

  private var data: [UInt8] {
    let rowByteCount = pixels.count / height
    let rows = (0..<height).flatMap { [0] + pixels[$0 * rowByteCount..<($0 + 1) * rowByteCount] }
    return Self.chunk("IDAT", Self.stored(rows))
  }

  /// A zlib stream of one stored block of up to 65,535 bytes (RFC 1950, 1951).
  private static func stored(_ bytes: [UInt8]) -> [UInt8] {
    var (a, b) = (1, 0)
    for byte in bytes {
      a = (a + Int(byte)) % 65_521
      b = (b + a) % 65_521
    }
    let count = [UInt8(bytes.count & 255), UInt8(bytes.count >> 8)]
    return [0x78, 0x01, 1] + count + count.map { ~$0 } + bytes + bigEndian(b << 16 | a)
  }

  static func chunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
    let covered = Array(type.utf8) + data
    return bigEndian(data.count) + covered + bigEndian(Int(crc32(covered)))
  }

  static func bigEndian(_ number: Int) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
  }
}

extension SmallStream {
  /// The stream that png2raw writes for pictures of one size.
  init(
    _ pictures: [(name: String, picture: SmallPNG)], labels: [UInt8]? = nil, classes: [String]? = nil,
    history: String
  ) {
    self.init(
      pictures.map { (Array($0.name.utf8), $0.picture) }, labels: labels, classes: classes, history: history)
  }

  /// The stream that png2raw writes for pictures of one size whose names are any bytes.
  init(
    _ pictures: [(name: [UInt8], picture: SmallPNG)], labels: [UInt8]? = nil, classes: [String]? = nil,
    history: String
  ) {
    let first = pictures[0].picture
    let channels = first.pixels.count / (first.width * first.height)
    let shape = "\(first.height), \(first.width)" + (channels == 3 ? ", 3" : "")
    let nameByteCount = pictures.map(\.name.count).max()!
    self.init(
      fields: ["('image', '|u1', (\(shape)))"] + (labels == nil ? [] : ["('label', '|u1')"])
        + ["('name', '|S\(nameByteCount)')"],
      records: pictures.enumerated().map { index, entry in
        entry.picture.pixels + (labels.map { [$0[index]] } ?? []) + entry.name
          + [UInt8](repeating: 0, count: nameByteCount - entry.name.count)
      }, classes: classes, history: [history])
    recipe = "exact"
  }
}
