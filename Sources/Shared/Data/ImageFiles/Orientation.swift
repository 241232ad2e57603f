// Which way up a picture is: what EXIF data say of it, and turning it (CIPA DC-008, Exif 2.32, 4.6.4 A).

/// Where a picture's first row and first column are to be seen. The values are EXIF's.
public enum Orientation: Int, CaseIterable, Sendable {
  case upright = 1
  case mirrored = 2
  case upsideDown = 3
  case mirroredUpsideDown = 4
  /// Rows are columns; what was at the top left stays there.
  case transposed = 5
  /// To be turned by a quarter clockwise.
  case clockwise = 6
  /// Rows are columns; what was at the top right stays there.
  case transversed = 7
  case counterclockwise = 8

  var swapsSides: Bool { rawValue >= 5 }
  /// Whether the picture's columns are counted from the right.
  fileprivate var isFromRight: Bool {
    [.mirrored, .upsideDown, .transversed, .counterclockwise].contains(self)
  }
  /// Whether the picture's rows are counted from below.
  fileprivate var isFromBelow: Bool {
    [.upsideDown, .mirroredUpsideDown, .clockwise, .transversed].contains(self)
  }
}

extension Bitmap {
  /// The picture as it is to be seen.
  func turned(_ orientation: Orientation) -> Bitmap {
    if orientation == .upright { return self }
    let (isSwapped, isFromRight, isFromBelow) = (
      orientation.swapsSides, orientation.isFromRight, orientation.isFromBelow
    )
    let (newWidth, newHeight) = isSwapped ? (height, width) : (width, height)
    // In pixels: where the first one is taken from, and how far on from it the next in its row and in its column.
    let first = (isFromRight ? width - 1 : 0) + (isFromBelow ? (height - 1) * width : 0)
    let (along, down) = (isFromRight ? -1 : 1, isFromBelow ? -width : width)
    let (columnStep, rowStep) = isSwapped ? (down, along) : (along, down)
    let values = [UInt8](unsafeUninitializedCapacity: pixels.count) { target, count in
      pixels.withUnsafeBufferPointer { source in
        forEachTile(width: newWidth, height: newHeight) { columns, row in
          for column in columns {
            let from = (first + row * rowStep + column * columnStep) * channels
            let to = (row * newWidth + column) * channels
            for channel in 0..<channels { target[to + channel] = source[from + channel] }
          }
        }
      }
      count = pixels.count
    }
    return Bitmap(width: newWidth, height: newHeight, channels: channels, pixels: values)
  }
}

/// Calls `body` with parts of rows, tile by tile: where rows become columns, all lines of the cache that a tile touches stay
/// there until it is done.
private func forEachTile(width: Int, height: Int, _ body: (_ columns: Range<Int>, _ row: Int) -> Void) {
  let side = 32
  for top in stride(from: 0, to: height, by: side) {
    for left in stride(from: 0, to: width, by: side) {
      for row in top..<min(top + side, height) { body(left..<min(left + side, width), row) }
    }
  }
}

// MARK: EXIF

/// What EXIF data say about a picture's orientation.
enum ExifOrientation: Equatable {
  case known(Orientation)
  /// Nothing, or a value that means nothing, such as 0, which some cameras write.
  case unknown
  case damaged
}

/// Looks for the orientation in EXIF data: a TIFF file without pictures, whose first folder has it in the entry 0x0112.
func exifOrientation(_ bytes: UnsafeRawBufferPointer) -> ExifOrientation {
  let isLittle = bytes.starts(with: "II".utf8)
  guard isLittle || bytes.starts(with: "MM".utf8) else { return .damaged }
  /// A number of 2 or 4 bytes; `nil` where it is not all there.
  func number(at offset: Int, byteCount: Int) -> Int? {
    guard offset >= 0, offset <= bytes.count - byteCount else { return nil }
    let part = bytes[offset..<offset + byteCount]
    return (isLittle ? Array(part.reversed()) : Array(part)).reduce(0) { $0 << 8 | Int($1) }
  }
  guard number(at: 2, byteCount: 2) == 42, let folder = number(at: 4, byteCount: 4),
    let count = number(at: folder, byteCount: 2)
  else { return .damaged }
  for index in 0..<count {
    let entry = folder + 2 + 12 * index
    guard let tag = number(at: entry, byteCount: 2) else { return .damaged }
    if tag != 0x0112 { continue }
    // A SHORT, as the standard says; some programs write a LONG.
    guard let type = number(at: entry + 2, byteCount: 2), type == 3 || type == 4,
      number(at: entry + 4, byteCount: 4) == 1,
      let value = number(at: entry + 8, byteCount: type == 3 ? 2 : 4)
    else { return .damaged }
    return Orientation(rawValue: value).map { .known($0) } ?? .unknown
  }
  return .unknown
}
