// Reads a picture's orientation from EXIF data and turns the picture upright (CIPA DC-008, Exif 2.32, 4.6.4 A).

/// The sides at which a stored picture's first row and first column appear. The values are EXIF's.
public enum Orientation: Int, CaseIterable, Sendable {
  case upright = 1
  case mirrored = 2
  case upsideDown = 3
  case mirroredUpsideDown = 4
  /// Rows become columns, and the top left corner stays in place.
  case transposed = 5
  /// The stored picture must be turned clockwise by a quarter.
  case clockwise = 6
  /// Rows become columns, and the top right corner stays in place.
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
  /// Returns the picture turned upright.
  ///
  /// - Complexity: O(p) for p pixels, in time and memory.
  func turned(_ orientation: Orientation) -> Bitmap {
    if orientation == .upright { return self }
    let (isSwapped, isFromRight, isFromBelow) = (
      orientation.swapsSides, orientation.isFromRight, orientation.isFromBelow
    )
    let (newWidth, newHeight) = isSwapped ? (height, width) : (width, height)
    // In pixels: the source of the first pixel, and the steps from it to the sources of the next in its row and column.
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

/// Calls `body` with parts of rows, tile by tile. When rows become columns, all cache lines that a tile touches stay in
/// the cache until the tile is finished.
private func forEachTile(width: Int, height: Int, _ body: (_ columns: Range<Int>, _ row: Int) -> Void) {
  let side = 32
  for top in stride(from: 0, to: height, by: side) {
    for left in stride(from: 0, to: width, by: side) {
      for row in top..<min(top + side, height) { body(left..<min(left + side, width), row) }
    }
  }
}

// MARK: EXIF

/// A picture's orientation according to its EXIF data.
enum ExifOrientation: Equatable {
  case known(Orientation)
  /// The data have no orientation, or a value without a meaning, such as 0, which some cameras write.
  case unknown
  case damaged
}

/// The text about damaged EXIF data in the chunk or segment at `offset`.
func damagedExif(offset: Int) -> String {
  "byte \(offset): the EXIF data are damaged, so the picture's orientation is unknown"
}

/// What precedes EXIF data in JPEG files, and, against the specification, in some PNG files.
let exifIntroduction = Array("Exif\0\0".utf8)

/// Finds the orientation in EXIF data: a TIFF file without pictures, whose first directory has it in the entry 0x0112.
///
/// - Complexity: O(e) for e entries of the directory.
func exifOrientation(_ bytes: UnsafeRawBufferPointer) -> ExifOrientation {
  let isLittle = bytes.starts(with: "II".utf8)
  guard isLittle || bytes.starts(with: "MM".utf8) else { return .damaged }
  /// Returns a number of 2 or 4 bytes, or `nil` if the data end before its last byte.
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
    // The standard wants a SHORT, but some programs write a LONG.
    guard let type = number(at: entry + 2, byteCount: 2), type == 3 || type == 4,
      number(at: entry + 4, byteCount: 4) == 1,
      let value = number(at: entry + 8, byteCount: type == 3 ? 2 : 4)
    else { return .damaged }
    return Orientation(rawValue: value).map { .known($0) } ?? .unknown
  }
  return .unknown
}
