// What recipes do to pictures besides scaling them: cut out, put on a canvas, turn, take the color away.

extension Bitmap {
  /// The picture with 1 channel, its brightness, or with 3: of a grey picture, alike.
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

  /// The part of the picture with those rows and columns, at least one of each.
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

  /// The picture in the center of a canvas of that size, which is at least as large.
  ///
  /// Where the margins cannot be equal, those above and to the left are the larger ones if the picture's side is odd, the
  /// smaller ones if it is even: the halves of canvas and picture are rounded down each for itself, as ImageMagick's
  /// `-gravity center -extent` does it, which made the data set.
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

  /// The negative: each value becomes 255 minus itself, and red cyan.
  func negated() -> Bitmap {
    Bitmap(width: width, height: height, channels: channels, pixels: pixels.map { 255 - $0 })
  }

  /// The picture with light and dark exchanged. Colors keep hue and saturation: the lightness of HSL, the mean of a pixel's
  /// largest and least value, becomes 255 minus itself, so that red stays red.
  func invertingLightness() -> Bitmap {
    guard channels == 3 else { return negated() }
    var turned = pixels
    for start in stride(from: 0, to: pixels.count, by: 3) {
      let pixel = pixels[start..<start + 3]
      let change = 255 - Int(pixel.max()!) - Int(pixel.min()!)
      // The largest becomes 255 minus the least, and the other way round, so all stay bytes.
      for channel in start..<start + 3 { turned[channel] = UInt8(Int(pixels[channel]) + change) }
    }
    return Bitmap(width: width, height: height, channels: channels, pixels: turned)
  }
}

/// The size of a picture that is scaled until it just fits into another: one side is the other's, and the second is
/// rounded to the nearest, halves up, but never to nothing.
func fittingSize(
  of picture: Bitmap, height: Int, width: Int
) -> (height: Int, width: Int) {
  func scaled(_ side: Int, by numerator: Int, over denominator: Int) -> Int {
    max(1, (2 * side * numerator + denominator) / (2 * denominator))
  }
  if picture.width * height >= picture.height * width {
    return (min(height, scaled(picture.height, by: width, over: picture.width)), width)
  }
  return (height, min(width, scaled(picture.width, by: height, over: picture.height)))
}
