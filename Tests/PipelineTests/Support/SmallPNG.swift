// PNG files put together byte by byte from the specification: 8 bits a channel, uncompressed.

/// A picture of `channels` 1 (grey) or 3 (RGB) as a PNG file.
func smallPNG(height: Int, width: Int, channels: Int = 1, _ pixels: some Collection<UInt8>) -> [UInt8] {
  func bigEndian(_ number: UInt32) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
  }
  func chunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
    let content = type.utf8 + data
    return bigEndian(UInt32(data.count)) + content + bigEndian(crc32(content))
  }
  let pixels = Array(pixels)
  let rowByteCount = width * channels
  let rows = (0..<height).flatMap { [0] + pixels[$0 * rowByteCount..<($0 + 1) * rowByteCount] }
  // Blocks of zlib that hold bytes as they are, up to 65,535 each.
  var data: [UInt8] = [0x78, 0x01]
  for start in stride(from: 0, to: rows.count, by: 65_535) {
    let block = rows[start..<min(rows.count, start + 65_535)]
    let count = UInt16(block.count)
    data += [block.endIndex == rows.count ? 1 : 0]
    data += [UInt8(count & 255), UInt8(count >> 8), UInt8(~count & 255), UInt8(~count >> 8)] + block
  }
  var (low, high): (UInt32, UInt32) = (1, 0)
  for byte in rows {
    low = (low + UInt32(byte)) % 65_521
    high = (high + low) % 65_521
  }
  data += bigEndian(high << 16 | low)
  let header = bigEndian(UInt32(width)) + bigEndian(UInt32(height)) + [8, channels == 1 ? 0 : 2, 0, 0, 0]
  return [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a] + chunk("IHDR", header) + chunk("IDAT", data)
    + chunk("IEND", [])
}
