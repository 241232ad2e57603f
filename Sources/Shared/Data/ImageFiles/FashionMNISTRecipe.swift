// Turns photos of products into images as Fashion-MNIST's authors did (Xiao, Rasul & Vollgraf 2017, "Fashion-MNIST: a
// Novel Image Dataset for Benchmarking Machine Learning Algorithms", section 2), step by step.
//
// The paper names the steps but no commands. The steps are ImageMagick's, and each function below computes what
// ImageMagick 6 computes for it:
//
//     -fuzz 5% -trim     -sample 28x28     -sharpen 1x1     -gravity center -extent 28x28     -negate     grey
//
// Between steps we round pixels to bytes and ImageMagick rounds them to 16 bits, which changes a byte by one at most.

import TensorStream

/// Runs all steps and returns an image of `shape`, which may be any.
///
/// - Complexity: O(p + q) for p pixels of the picture and q of the image.
func articleImage(of picture: Bitmap, shape: ImageShape) -> RecipeResult {
  guard let trimmed = trimmed(picture) else {
    return RecipeResult(pixels: [UInt8](repeating: 0, count: shape.byteCount), note: .nothingLeft)
  }
  let size = fittingSize(of: trimmed, height: shape.height, width: shape.width)
  let small = sharpened(subsampled(trimmed, height: size.height, width: size.width))
  let pixels = small.centered(height: shape.height, width: shape.width, on: .white).negated()
    .converted(toChannels: shape.channels).pixels
  let brightest = pixels.max() ?? 0
  return RecipeResult(
    pixels: pixels, note: brightest < dimmestArticle ? .nearlyBlack(brightest: brightest) : nil)
}

/// If no byte of an image reaches this value, it hardly shows an article: each of the data set's 70,000 images has
/// a byte of 254 or 255.
private let dimmestArticle: UInt8 = 64

// MARK: - The steps

/// Trims edges that have the colour of a corner, within 5 % of the largest distance in RGB. Returns `nil` if nothing
/// is left.
///
/// The top rows and left columns are compared with the upper left corner pixel, the right columns with the upper right
/// one and the bottom rows with the lower left one.
///
/// - Complexity: O(p) for p pixels, in time and memory.
func trimmed(_ picture: Bitmap) -> Bitmap? {
  let (height, width) = (picture.height, picture.width)
  let columnsFromLeft = firstDifferent(width) { column in
    differs(picture, from: (0, 0), inColumn: column)
  }
  let columnsFromRight = firstDifferent(width) { column in
    differs(picture, from: (0, width - 1), inColumn: width - 1 - column)
  }
  let rowsFromTop = firstDifferent(height) { row in differs(picture, from: (0, 0), inRow: row) }
  let rowsFromBottom = firstDifferent(height) { row in
    differs(picture, from: (height - 1, 0), inRow: height - 1 - row)
  }
  guard let columnsFromLeft, let columnsFromRight, let rowsFromTop, let rowsFromBottom,
    // If a picture consists of two halves, each of one colour, each differs from the other's corner: nothing is left.
    columnsFromLeft + columnsFromRight < width, rowsFromTop + rowsFromBottom < height
  else { return nil }
  return picture.cropped(
    rows: rowsFromTop..<height - rowsFromBottom, columns: columnsFromLeft..<width - columnsFromRight)
}

private func firstDifferent(_ count: Int, _ differs: (Int) -> Bool) -> Int? {
  (0..<count).first(where: differs)
}

private func differs(_ picture: Bitmap, from corner: (row: Int, column: Int), inColumn column: Int) -> Bool {
  (0..<picture.height).contains { isFar(picture, corner, (row: $0, column: column)) }
}

private func differs(_ picture: Bitmap, from corner: (row: Int, column: Int), inRow row: Int) -> Bool {
  (0..<picture.width).contains { isFar(picture, corner, (row: row, column: $0)) }
}

/// Whether the RGB distance d of two pixels exceeds a twentieth of that of black and white: d² > 3 · 255² / 20².
private func isFar(
  _ picture: Bitmap, _ one: (row: Int, column: Int), _ other: (row: Int, column: Int)
) -> Bool {
  let first = (one.row * picture.width + one.column) * picture.channels
  let second = (other.row * picture.width + other.column) * picture.channels
  // A grey picture counts as one with three equal channels.
  let factor = picture.channels == 1 ? 3 : 1
  var sum = 0
  for channel in 0..<picture.channels {
    let difference = Int(picture.pixels[first + channel]) - Int(picture.pixels[second + channel])
    sum += factor * difference * difference
  }
  return 400 * sum > 3 * 255 * 255
}

/// Skips or repeats rows and columns: each output pixel is the input pixel below its centre. If the centre falls on the
/// border of two pixels, the one before the border is taken, as ImageMagick's `-sample` does.
///
/// - Complexity: O(q) for q pixels of the result.
func subsampled(_ picture: Bitmap, height: Int, width: Int) -> Bitmap {
  pickingPixels(
    of: picture, rows: (0..<height).map { ((2 * $0 + 1) * picture.height - 1) / (2 * height) },
    columns: (0..<width).map { ((2 * $0 + 1) * picture.width - 1) / (2 * width) })
}

/// Sharpens with a 3×3 kernel made from a Gaussian of radius 1 and standard deviation 1. The neighbors' weights are
/// the negative Gaussian, the middle's weight is twice the Gaussian's sum, and the kernel is scaled to the sum 1.
/// Beyond the edges, the pixels at the edges repeat.
///
/// - Complexity: O(p) for p pixels, in time and memory.
func sharpened(_ picture: Bitmap) -> Bitmap {
  // exp(−1/2) and exp(−1), for the neighbors at the sides and at the corners. The middle has exp(0) = 1.
  let (side, corner) = (0.606_530_659_712_633_4, 0.367_879_441_171_442_3)
  let sum = 1 + 4 * side + 4 * corner
  // The sum of the kernel: 2 · sum minus the neighbors, sum − 1.
  let total = sum + 1
  let (height, width, channels) = (picture.height, picture.width, picture.channels)
  var pixels = picture.pixels
  for row in 0..<height {
    let rows = [max(0, row - 1), row, min(height - 1, row + 1)]
    for column in 0..<width {
      let columns = [max(0, column - 1), column, min(width - 1, column + 1)]
      for channel in 0..<channels {
        func value(_ row: Int, _ column: Int) -> Double {
          Double(picture.pixels[(rows[row] * width + columns[column]) * channels + channel])
        }
        let sides = value(0, 1) + value(1, 0) + value(1, 2) + value(2, 1)
        let corners = value(0, 0) + value(0, 2) + value(2, 0) + value(2, 2)
        let result = (2 * sum * value(1, 1) - side * sides - corner * corners) / total
        pixels[(row * width + column) * channels + channel] = UInt8(min(255, max(0, result.rounded())))
      }
    }
  }
  return Bitmap(width: width, height: height, channels: channels, pixels: pixels)
}
