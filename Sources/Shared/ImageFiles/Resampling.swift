// Pictures made smaller or larger: by picking pixels, and by averaging over areas. Lanczos' filter is in
// LanczosResampling.swift.

/// How a pixel is computed from those of a picture of another size.
public enum ResamplingFilter: String, CaseIterable, Sendable {
  /// The mean over the area that the pixel covers, each pixel by the part of it that is covered.
  case area
  /// The pixel below the center.
  case nearest
  /// Lanczos' filter with three lobes, widened where the picture becomes smaller.
  case lanczos
}

/// The picture with `height` rows and `width` columns.
func resampled(_ picture: Bitmap, height: Int, width: Int, by filter: ResamplingFilter) -> Bitmap {
  if picture.height == height, picture.width == width { return picture }
  return switch filter {
  case .area: averaged(picture, height: height, width: width)
  case .nearest:
    pickingPixels(
      of: picture, rows: (0..<height).map { (2 * $0 + 1) * picture.height / (2 * height) },
      columns: (0..<width).map { (2 * $0 + 1) * picture.width / (2 * width) })
  case .lanczos: lanczos(picture, height: height, width: width)
  }
}

/// The pixels where those rows and columns cross.
func pickingPixels(of picture: Bitmap, rows: [Int], columns: [Int]) -> Bitmap {
  var pixels: [UInt8] = []
  pixels.reserveCapacity(rows.count * columns.count * picture.channels)
  for row in rows {
    for column in columns {
      let start = (row * picture.width + column) * picture.channels
      pixels += picture.pixels[start..<start + picture.channels]
    }
  }
  return Bitmap(width: columns.count, height: rows.count, channels: picture.channels, pixels: pixels)
}

// MARK: - Averages over areas

/// The means over areas, exactly, rounded once, halves up.
///
/// Along a side, let the picture's pixels be `new` units wide and the result's `old`: then both fill the same length,
/// and all borders are at whole units. A pixel of the result is the sum of what it covers, by the units, over all units.
private func averaged(_ picture: Bitmap, height: Int, width: Int) -> Bitmap {
  let (columns, rows) = (
    coverage(old: picture.width, new: width), coverage(old: picture.height, new: height)
  )
  let (valueCount, total) = (width * picture.channels, picture.width * picture.height)
  var pixels: [UInt8] = []
  pixels.reserveCapacity(height * valueCount)
  var (line, sums) = ([Int](repeating: 0, count: valueCount), [Int](repeating: 0, count: valueCount))
  // The row of the picture whose sums are in `line`: neighbours in the result may share it.
  var lineRow: Int?
  for covered in rows {
    for index in sums.indices { sums[index] = 0 }
    for (offset, weight) in covered.weights.enumerated() {
      let row = covered.start + offset
      if row != lineRow { sumRow(row, of: picture, columns, into: &line) }
      lineRow = row
      for index in sums.indices { sums[index] += weight * line[index] }
    }
    for sum in sums { pixels.append(UInt8((2 * sum + total) / (2 * total))) }
  }
  return Bitmap(width: width, height: height, channels: picture.channels, pixels: pixels)
}

/// What a pixel of the result covers: pixels from `start` on, each by so many units.
private struct Coverage {
  var start: Int
  var weights: [Int]
}

private func coverage(old: Int, new: Int) -> [Coverage] {
  (0..<new).map { place in
    let (lower, upper) = (place * old, (place + 1) * old)
    let (start, end) = (lower / new, (upper + new - 1) / new)
    return Coverage(
      start: start, weights: (start..<end).map { min(upper, ($0 + 1) * new) - max(lower, $0 * new) })
  }
}

/// The weighted sums along a row, [width, channels].
private func sumRow(_ row: Int, of picture: Bitmap, _ columns: [Coverage], into line: inout [Int]) {
  let channels = picture.channels
  picture.pixels.withUnsafeBufferPointer { pixels in
    for (column, covered) in columns.enumerated() {
      let start = (row * picture.width + covered.start) * channels
      for channel in 0..<channels {
        var sum = 0
        for (offset, weight) in covered.weights.enumerated() {
          sum += weight * Int(pixels[start + offset * channels + channel])
        }
        line[column * channels + channel] = sum
      }
    }
  }
}
