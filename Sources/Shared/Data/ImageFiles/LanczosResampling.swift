// Lanczos' filter: a windowed sinc, the sharpest filter that leaves no jagged edges.
//
//     L(x) = sinc(x) · sinc(x/3) for |x| < 3, else 0            sinc(x) = sin(πx) / πx
//
// If a picture becomes smaller, L is widened by the scale, so that every pixel counts and fine patterns do not turn
// into coarse ones. Rows are filtered first, then columns. Both use fixed point with 22 fractional bits, and values are
// rounded to bytes in between. This is Pillow's arithmetic and gives the bytes of Pillow 11, so a network that was
// trained on pictures scaled by Python sees the same ones here. (Pillow 13.0 filters columns first for some tall
// pictures.) A 32-bit sum of bytes leaves 22 bits: 8 hold the byte, 2 the sign and sums beyond white.

/// Returns the picture scaled to `height` rows and `width` columns.
///
/// - Complexity: O(w · h₀ · a + w · h · b) for an image of h × w made from h₀ rows, where a and b are the pixels along
///   a row and a column that the filter covers: 6, times the scale if the picture becomes smaller.
func lanczos(_ picture: Bitmap, height: Int, width: Int) -> Bitmap {
  var result = picture
  if width != result.width {
    let taps = lanczosTaps(old: result.width, new: width)
    result = filteredRows(result, taps)
  }
  if height != result.height {
    let taps = lanczosTaps(old: result.height, new: height)
    result = filteredColumns(result, taps)
  }
  return result
}

/// The weights of one pixel of the result, for the pixels from `start` on, in units of 2⁻²².
private struct Taps {
  var start: Int
  var weights: [Int32]
}

private let fractionBits = 22

private func lanczosTaps(old: Int, new: Int) -> [Taps] {
  let scale = Double(old) / Double(new)
  let widening = max(1, scale)
  let support = 3 * widening
  return (0..<new).map { place in
    let center = (Double(place) + 0.5) * scale
    let start = max(0, Int(center - support + 0.5))
    let end = min(old, Int(center + support + 0.5))
    let weights = (start..<end).map { lanczosKernel((Double($0) - center + 0.5) * (1 / widening)) }
    let sum = weights.reduce(0, +)
    // Round to the nearest, halves away from 0.
    return Taps(
      start: start,
      weights: weights.map { Int32(($0 / sum * Double(1 << fractionBits)).rounded()) })
  }
}

private func filteredRows(_ picture: Bitmap, _ taps: [Taps]) -> Bitmap {
  let channels = picture.channels
  var pixels = [UInt8](repeating: 0, count: picture.height * taps.count * channels)
  picture.pixels.withUnsafeBufferPointer { source in
    var index = 0
    for row in 0..<picture.height {
      for tap in taps {
        let start = (row * picture.width + tap.start) * channels
        for channel in 0..<channels {
          pixels[index] = filtered(source, from: start + channel, step: channels, tap.weights)
          index += 1
        }
      }
    }
  }
  return Bitmap(width: taps.count, height: picture.height, channels: channels, pixels: pixels)
}

private func filteredColumns(_ picture: Bitmap, _ taps: [Taps]) -> Bitmap {
  let rowByteCount = picture.width * picture.channels
  var pixels = [UInt8](repeating: 0, count: taps.count * rowByteCount)
  picture.pixels.withUnsafeBufferPointer { source in
    for (row, tap) in taps.enumerated() {
      for column in 0..<rowByteCount {
        pixels[row * rowByteCount + column] = filtered(
          source, from: tap.start * rowByteCount + column, step: rowByteCount, tap.weights)
      }
    }
  }
  return Bitmap(width: picture.width, height: taps.count, channels: picture.channels, pixels: pixels)
}

/// Returns a weighted sum, rounded, halves up, and clamped to a byte: the filter's negative lobes overshoot at edges.
private func filtered(
  _ source: UnsafeBufferPointer<UInt8>, from start: Int, step: Int, _ weights: [Int32]
) -> UInt8 {
  var sum = 1 << (fractionBits - 1)
  var index = start
  for weight in weights {
    sum += Int(weight) * Int(source[index])
    index += step
  }
  return UInt8(min(255, max(0, sum >> fractionBits)))
}

// MARK: - The filter

/// Returns L(x).
func lanczosKernel(_ x: Double) -> Double {
  guard x >= -3, x < 3 else { return 0 }
  return sinc(x) * sinc(x / 3)
}

private func sinc(_ x: Double) -> Double { x == 0 ? 1 : sineOfPi(x) / (Double.pi * x) }

/// Returns sin(πx) for |x| ≤ 3, within one or two ulps of 1.
///
/// It does not call the library's sin. Libraries differ in the last bit, so a weight halfway between two values could
/// be rounded to one of them here and to the other elsewhere. Sums and products of Doubles are the same everywhere.
func sineOfPi(_ x: Double) -> Double {
  let nearest = x.rounded()
  // |angle| ≤ π/2, so twelve terms of the series leave an error of (π/2)²⁵/25! < 10⁻²⁰.
  let angle = Double.pi * (x - nearest)
  let square = angle * angle
  var (term, sum) = (angle, angle)
  for factor in stride(from: 2.0, through: 22, by: 2) {
    term = -term * square / (factor * (factor + 1))
    sum += term
  }
  return Int(nearest).isMultiple(of: 2) ? sum : -sum
}
