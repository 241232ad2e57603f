// Scales pictures by picking pixels, and by averaging over areas. Lanczos' filter is in LanczosResampling.swift.

/// The filter that computes a pixel from a picture of another size.
public enum ResamplingFilter: String, CaseIterable, Sendable {
  /// The mean over the area that the pixel covers. Partly covered pixels count by the part that is covered.
  case area
  /// The pixel below the centre.
  case nearest
  /// Lanczos' filter with three lobes, widened if the picture becomes smaller.
  case lanczos
}

/// Returns the picture scaled to `height` rows and `width` columns.
///
/// - Complexity: At most O((h₀ + h) · w₀ + h · w) for a picture of h₀ × w₀ and an image of h × w; with Lanczos' filter,
///   see ``lanczos(_:height:width:)``.
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

/// Returns the pixels at the crossings of the given rows and columns.
///
/// - Complexity: O(q) for q pixels of the result.
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

/// Averages over areas, exactly, and rounds once, halves up.
///
/// Along a side, let the picture's pixels be `new` units wide and the result's `old`. Then both fill the same length,
/// and all borders are at whole units. A pixel of the result is the sum of the pixels it covers, each times the units
/// covered, divided by the number of units.
///
/// The rows that a row of the result covers are added up first, all values of a row together, which suits vector
/// instructions. Then, once for each row of the result, neighboring columns are added up.
///
/// - Complexity: O((h₀ + h) · w₀ + h · w) for a picture of h₀ × w₀ and a result of h × w. Memory is a row of sums and
///   the covered units of both sides, besides the result.
private func averaged(_ picture: Bitmap, height: Int, width: Int) -> Bitmap {
  let (columns, rows) = (
    Coverage(old: picture.width, new: width), Coverage(old: picture.height, new: height)
  )
  let channels = picture.channels
  // Each is at most 255 times the units of a column of the picture, 16,384, so it cannot overflow.
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

/// The pixels of the picture that each pixel along a side of the result covers, and the units covered of each.
private struct Coverage {
  /// The first covered pixel, for each pixel of the result.
  private var starts: [Int] = []
  /// The start of each result pixel's weights in `weights`, and finally the end of all.
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

  /// Calls `body` with each pixel of the picture that a pixel of the result covers, and the number of units covered.
  @inline(__always)
  func forEach(of place: Int, _ body: (_ covered: Int, _ weight: Int) -> Void) {
    let first = weightStarts[place]
    for index in first..<weightStarts[place + 1] { body(starts[place] + index - first, weights[index]) }
  }
}

/// Adds a weighted row to the sums of the columns.
private func add(_ row: UnsafeBufferPointer<UInt8>, times weight: UInt16, to sums: inout [UInt32]) {
  sums.withUnsafeMutableBufferPointer { sums in
    precondition(row.count >= sums.count, "a row of \(row.count) values for \(sums.count) sums")
    // The vector units of every processor multiply 16-bit numbers.
    for index in 0..<sums.count { sums[index] &+= UInt32(weight) &* UInt32(UInt16(row[index])) }
  }
}

/// Adds up the weighted sums of columns along the row and divides by the number of units. Writes [width, channels].
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
