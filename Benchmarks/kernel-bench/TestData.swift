// The input of the kernels: random numbers from a fixed seed, of ordinary size, neither subnormal nor infinite.

import Compute
import RandomNumbers
import TensorStream

/// Returns random floats in [−1, 1).
func randomBuffer(_ count: Int, seed: UInt64 = 1) -> FloatBuffer {
  let buffer = FloatBuffer(count: count)
  var random = SplitMix64(seed: seed)
  for index in 0..<count { buffer.floats[index] = Float(random.uniform() * 2 - 1) }
  return buffer
}

/// Rows with the layout that layers use.
struct Matrix {
  private let buffer: FloatBuffer
  private let stride: Int

  /// Fills rows with random numbers.
  init(rowCount: Int, columns: Int, seed: UInt64) {
    stride = rowStride(columns: columns)
    buffer = randomBuffer(rowCount * stride, seed: seed)
  }

  var rows: Rows { Rows(buffer.floats, stride: stride) }
}

/// Random bytes below a bound, for labels and for places in pooling windows. They live as long as this object.
final class RandomBytes {
  let bytes: UnsafeMutableBufferPointer<UInt8>

  init(_ count: Int, below bound: Int, seed: UInt64 = 1) {
    bytes = .allocate(capacity: count)
    var random = SplitMix64(seed: seed)
    for index in 0..<count { bytes.initializeElement(at: index, to: UInt8(random.next(below: bound))) }
  }

  deinit { bytes.deallocate() }

  /// Returns the bytes from `offset` to the end.
  func from(_ offset: Int) -> UnsafeMutableBufferPointer<UInt8> {
    UnsafeMutableBufferPointer(rebasing: bytes[offset...])
  }
}

/// Returns images of dark and bright blocks of 4 × 4 pixels. Unlike noise, they leave as many pooling windows without a
/// maximum above 0 as pictures do.
func blockImages(_ count: Int) -> (images: [UInt8], labels: [UInt8]) {
  let side = 28
  var random = SplitMix64(seed: 1)
  var images = [UInt8](repeating: 0, count: count * side * side)
  for image in 0..<count {
    for blockRow in 0..<side / 4 {
      for blockColumn in 0..<side / 4 {
        let value = random.next(below: 2) == 0 ? 0 : UInt8(random.next(below: 256))
        for row in 0..<4 {
          let start = (image * side + blockRow * 4 + row) * side + blockColumn * 4
          for column in 0..<4 { images[start + column] = value }
        }
      }
    }
  }
  return (images, (0..<count).map { _ in UInt8(random.next(below: 10)) })
}
