// Turns and scales images and changes their tones, pixel by pixel. Moving by whole pixels copies rows instead.

import TensorStream

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Changes an image's values: x becomes brightness · (contrast · x + (1 − contrast) · mean), rounded to a byte. The
/// mean is over all values of the image.
package struct ToneChange: Equatable {
  package var brightness: Double
  package var contrast: Double

  package init(brightness: Double, contrast: Double) {
    self.brightness = brightness
    self.contrast = contrast
  }

  /// Changes `count` values in place.
  ///
  /// - Complexity: O(count).
  func apply(to values: UnsafeMutablePointer<UInt8>, count: Int) {
    var sum = 0
    for index in 0..<count { sum += Int(values[index]) }
    let factor = brightness * contrast
    let offset = brightness * (1 - contrast) * Double(sum) / Double(count)
    // A table saves work, because an image has many pixels but at most 256 different values.
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 256) { table in
      for value in 0..<256 { table[value] = byte(factor * Double(value) + offset) }
      for index in 0..<count { values[index] = table[Int(values[index])] }
    }
  }
}

/// Returns the nearest byte; halves are rounded up.
private func byte(_ value: Double) -> UInt8 { UInt8(min(255, max(0, (value + 0.5).rounded(.down)))) }

/// Maps a pixel of the result to its place in the image: the inverse of turning and scaling around the middle of the
/// image, and then moving.
private struct InverseMap {
  private let cosine: Double
  private let sine: Double
  private let originX: Double
  private let originY: Double

  init(_ change: ImageChange, _ shape: ImageShape) {
    cosine = cos(change.turn) / change.size
    sine = sin(change.turn) / change.size
    let (middleX, middleY) = (Double(shape.width - 1) / 2, Double(shape.height - 1) / 2)
    let (x, y) = (-middleX - Double(change.right), -middleY - Double(change.down))
    originX = middleX + cosine * x + sine * y
    originY = middleY - sine * x + cosine * y
  }

  func source(x: Int, y: Int) -> (x: Double, y: Double) {
    (originX + cosine * Double(x) + sine * Double(y), originY - sine * Double(x) + cosine * Double(y))
  }
}

extension ImageChange {
  /// Whether pixels of the result fall between pixels of the image.
  var isBetweenPixels: Bool { turn != 0 || size != 1 }

  /// Writes the image mirrored, turned, scaled and moved, each pixel interpolated between four (bilinearly). `target`
  /// must not be `source`.
  ///
  /// - Complexity: O(bytes of the image).
  func writeTransformed(
    _ source: UnsafePointer<UInt8>, _ shape: ImageShape, to target: UnsafeMutablePointer<UInt8>
  ) {
    let map = InverseMap(self, shape)
    var pixel = target
    for y in 0..<shape.height {
      for x in 0..<shape.width {
        let place = map.source(x: x, y: y)
        let (left, top) = (place.x.rounded(.down), place.y.rounded(.down))
        let corners = Corners(
          rows: (row(Int(top), shape), row(Int(top) + 1, shape)),
          columns: (column(Int(left), shape), column(Int(left) + 1, shape)),
          down: place.y - top, right: place.x - left)
        for channel in 0..<shape.channels {
          pixel[channel] = byte(corners.value(source, shape, channel))
        }
        pixel += shape.channels
      }
    }
  }

  /// Returns the row of the image at a place that may be beyond its edges, or `nil` if 0 fills the edges there.
  private func row(_ place: Int, _ shape: ImageShape) -> Int? { inside(place, shape.height) }

  private func column(_ place: Int, _ shape: ImageShape) -> Int? {
    inside(place, shape.width).map { isFlipped ? shape.width - 1 - $0 : $0 }
  }

  private func inside(_ place: Int, _ count: Int) -> Int? {
    if 0..<count ~= place { return place }
    return edge == .reflect ? Self.reflected(place, count) : nil
  }
}

/// The four pixels around a place, with `nil` for rows and columns of zeros, and the distance of the place from the
/// first row and column.
private struct Corners {
  let rows: (Int?, Int?)
  let columns: (Int?, Int?)
  let down: Double
  let right: Double

  func value(_ image: UnsafePointer<UInt8>, _ shape: ImageShape, _ channel: Int) -> Double {
    func pixel(_ row: Int?, _ column: Int?) -> Double {
      guard let row, let column else { return 0 }
      return Double(image[(row * shape.width + column) * shape.channels + channel])
    }
    let upper = (1 - right) * pixel(rows.0, columns.0) + right * pixel(rows.0, columns.1)
    let lower = (1 - right) * pixel(rows.1, columns.0) + right * pixel(rows.1, columns.1)
    return (1 - down) * upper + down * lower
  }
}
