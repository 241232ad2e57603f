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
///
/// Columns are summed first, all of a row's values at once, which vectors do; and then, once a row of the result, what is
/// beside each other.
private func averaged(_ picture: Bitmap, height: Int, width: Int) -> Bitmap {
  let (columns, rows) = (
    Coverage(old: picture.width, new: width), Coverage(old: picture.height, new: height)
  )
  let channels = picture.channels
  // At most 255 times the units of a column of the picture, 16,384: far from overflow.
  var sums = [UInt32](repeating: 0, count: picture.width * channels)
  let byteCount = height * width * channels
  let pixels = [UInt8](unsafeUninitializedCapacity: byteCount) { pixels, count in
    picture.pixels.withUnsafeBufferPointer { source in
      for row in 0..<height {
        for index in sums.indices { sums[index] = 0 }
        rows.forEach(of: row) { covered, weight in
          add(
            UnsafeBufferPointer(rebasing: source[(covered * sums.count)...]), times: UInt16(weight), to: &sums
          )
        }
        average(
          sums, columns, channels: channels, total: picture.width * picture.height,
          into: UnsafeMutableBufferPointer(rebasing: pixels[(row * width * channels)...]))
      }
    }
    count = byteCount
  }
  return Bitmap(width: width, height: height, channels: channels, pixels: pixels)
}

/// What each pixel along a side of the result covers: neighbours in the picture, each by so many units.
private struct Coverage {
  /// The first pixel that each covers.
  private var starts: [Int] = []
  /// Where the weights of each begin, one after the other; the last entry is the end of all.
  private var weightStarts = [0]
  private var weights: [Int] = []
  var count: Int { starts.count }

  init(old: Int, new: Int) {
    for place in 0..<new {
      let (lower, upper) = (place * old, (place + 1) * old)
      let (start, end) = (lower / new, (upper + new - 1) / new)
      starts.append(start)
      for covered in start..<end {
        weights.append(min(upper, (covered + 1) * new) - max(lower, covered * new))
      }
      weightStarts.append(weights.count)
    }
  }

  /// Calls `body` with each pixel of the picture that a pixel of the result covers, and by how many units.
  @inline(__always)
  func forEach(of place: Int, _ body: (_ covered: Int, _ weight: Int) -> Void) {
    let first = weightStarts[place]
    for index in first..<weightStarts[place + 1] { body(starts[place] + index - first, weights[index]) }
  }
}

/// Adds a row, weighted, to the sums of columns.
private func add(_ row: UnsafeBufferPointer<UInt8>, times weight: UInt16, to sums: inout [UInt32]) {
  sums.withUnsafeMutableBufferPointer { sums in
    precondition(row.count >= sums.count, "a row of \(row.count) values for \(sums.count) sums")
    // A product of two 16-bit numbers is what every processor's vectors have.
    for index in 0..<sums.count { sums[index] &+= UInt32(weight) &* UInt32(UInt16(row[index])) }
  }
}

/// The sums of columns, weighted and added up along the row, over the units of all, [width, channels].
private func average(
  _ sums: [UInt32], _ columns: Coverage, channels: Int, total: Int,
  into pixels: UnsafeMutableBufferPointer<UInt8>
) {
  sums.withUnsafeBufferPointer { sums in
    for column in 0..<columns.count {
      for channel in 0..<channels {
        var sum = 0
        columns.forEach(of: column) { covered, weight in
          sum &+= weight &* Int(sums[covered * channels + channel])
        }
        pixels[column * channels + channel] = UInt8((2 * sum + total) / (2 * total))
      }
    }
  }
}
