// A decoded picture, and the steps of recipes besides scaling: crop, centre on a canvas, invert, convert colours.
import TensorStream

/// A decoded picture. Decoders of every format return one, and recipes turn it into a model's input.
///
/// It is grey or RGB: decoders have composited transparent pixels over a background and resolved palettes.
public struct Bitmap: Equatable, Sendable {
  /// The width in pixels, 1 or more.
  public let width: Int
  public let height: Int
  /// 1 for grey; 3 for red, green and blue.
  public let channels: Int
  /// The values, [height, width, channels], row-major, channels interleaved; 0 is black.
  public var pixels: [UInt8]

  /// The shape of an image of the same size and channels.
  var shape: ImageShape { ImageShape(height: height, width: width, channels: channels) }

  /// The decoder has checked the shape. If it does not match `pixels`, that is a bug of ours.
  public init(width: Int, height: Int, channels: Int, pixels: [UInt8]) {
    precondition(channels == 1 || channels == 3, "a bitmap of \(channels) channels")
    precondition(
      width > 0 && height > 0 && pixels.count == width * height * channels,
      "\(pixels.count) values for a bitmap of \(height)x\(width)x\(channels)")
    self.width = width
    self.height = height
    self.channels = channels
    self.pixels = pixels
  }
}

// MARK: - Steps of recipes

extension Bitmap {
  /// Returns the picture with 1 channel, its brightness, or with 3 channels, which are equal for a grey picture.
  ///
  /// - Complexity: O(p) for p pixels, in time and memory.
  func converted(toChannels wanted: Int) -> Bitmap {
    guard wanted != channels else { return self }
    let values: [UInt8]
    if wanted == 1 {
      values = pixels.withUnsafeBufferPointer { pixels in
        (0..<width * height).map { index in
          brightness(red: pixels[3 * index], green: pixels[3 * index + 1], blue: pixels[3 * index + 2])
        }
      }
    } else {
      values = pixels.flatMap { [$0, $0, $0] }
    }
    return Bitmap(width: width, height: height, channels: wanted, pixels: values)
  }

  /// Returns the part of the picture with the given rows and columns, at least one of each.
  ///
  /// - Complexity: O(p) for p pixels of the result, in time and memory.
  func cropped(rows: Range<Int>, columns: Range<Int>) -> Bitmap {
    if rows == 0..<height, columns == 0..<width { return self }
    var values: [UInt8] = []
    values.reserveCapacity(rows.count * columns.count * channels)
    for row in rows {
      let start = row * width
      values += pixels[(start + columns.lowerBound) * channels..<(start + columns.upperBound) * channels]
    }
    return Bitmap(width: columns.count, height: rows.count, channels: channels, pixels: values)
  }

  /// Returns the picture in the centre of a canvas of the given size, which must be at least as large.
  ///
  /// If opposite margins cannot be equal, the top and left ones are larger if the picture's side is odd, and smaller if
  /// it is even: half of the canvas and half of the picture are rounded down separately. ImageMagick's
  /// `-gravity center -extent`, which made the data set, does the same.
  ///
  /// - Complexity: O(p) for p pixels of the canvas, in time and memory.
  func centered(height newHeight: Int, width newWidth: Int, on color: RGBColor) -> Bitmap {
    if newHeight == height, newWidth == width { return self }
    precondition(newHeight >= height && newWidth >= width, "\(self) on \(newHeight)×\(newWidth)")
    let color = color.values(channels: channels)
    var values =
      channels == 1
      ? [UInt8](repeating: color[0], count: newHeight * newWidth)
      : Array(repeatElement(color, count: newHeight * newWidth).joined())
    let (top, left) = (newHeight / 2 - height / 2, newWidth / 2 - width / 2)
    for row in 0..<height {
      let start = ((top + row) * newWidth + left) * channels
      values.replaceSubrange(
        start..<start + width * channels, with: pixels[row * width * channels..<(row + 1) * width * channels])
    }
    return Bitmap(width: newWidth, height: newHeight, channels: channels, pixels: values)
  }

  /// Returns the negative: each value becomes 255 minus itself, so red becomes cyan.
  ///
  /// - Complexity: O(p) for p pixels, in time and memory.
  func negated() -> Bitmap {
    Bitmap(width: width, height: height, channels: channels, pixels: pixels.map { 255 - $0 })
  }

  /// Returns the picture with light and dark exchanged. Colours keep their hue and saturation: the lightness of HSL, the
  /// mean of a pixel's largest and least value, becomes 255 minus itself, so red stays red.
  ///
  /// - Complexity: O(p) for p pixels, in time and memory.
  func invertingLightness() -> Bitmap {
    guard channels == 3 else { return negated() }
    var turned = pixels
    for start in stride(from: 0, to: pixels.count, by: 3) {
      let pixel = pixels[start..<start + 3]
      let change = 255 - Int(pixel.max()!) - Int(pixel.min()!)
      // The largest value becomes 255 minus the least, and vice versa, so all stay bytes.
      for channel in start..<start + 3 { turned[channel] = UInt8(Int(pixels[channel]) + change) }
    }
    return Bitmap(width: width, height: height, channels: channels, pixels: turned)
  }
}

/// Returns the size of a picture that is scaled to just fit into `height` × `width`. One side equals the limit, and the
/// other is rounded to the nearest, halves up, but is at least 1.
func fittingSize(
  of picture: Bitmap, height: Int, width: Int
) -> (height: Int, width: Int) {
  if picture.width * height >= picture.height * width {
    return (min(height, scaledSide(picture.height, by: width, over: picture.width)), width)
  }
  return (height, min(width, scaledSide(picture.width, by: height, over: picture.height)))
}

/// Returns the side of a picture times `numerator` over `denominator`. It is rounded to the nearest, halves up, but is
/// at least 1.
func scaledSide(_ side: Int, by numerator: Int, over denominator: Int) -> Int {
  max(1, (2 * side * numerator + denominator) / (2 * denominator))
}
