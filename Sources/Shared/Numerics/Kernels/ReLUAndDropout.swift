// ReLU and dropout over rows of values. Counts are multiples of the lane.

import KernelInterface

extension KernelTable {
  public static func rectify(_ values: UnsafeMutablePointer<Float>, count: Int) {
    for index in vectorStarts(count) {
      store(rectified(load(values + index)), values + index)
    }
  }

  /// g ← g · scale where the forward pass's result is positive, 0 elsewhere. If dropout followed the ReLU, the dropped
  /// values are 0 too, so that, with dropout's scale, this is the backward pass of both.
  public static func rectifyBackward(
    gradient: UnsafeMutablePointer<Float>, result: UnsafePointer<Float>, rowCount: Int, rowStride: Int,
    columnCount: Int, scale: Float
  ) {
    for row in 0..<rowCount {
      let gradientRow = gradient + row &* rowStride
      let resultRow = result + row &* rowStride
      for column in vectorStarts(columnCount) {
        let isInactive = load(resultRow + column) .<= Vector.zero
        let scaled = load(gradientRow + column) * scale
        store(scaled.replacing(with: Vector.zero, where: isInactive), gradientRow + column)
      }
    }
  }

  /// x ← 0 if the hash of its index is below the threshold, else x · scale (inverted dropout, Srivastava et al. 2014).
  public static func dropout(
    _ values: UnsafeMutablePointer<Float>, rowCount: Int, rowStride: Int, columnCount: Int, firstIndex: Int,
    mask: DropoutMask
  ) {
    var lanes = IntegerVector()
    for lane in 0..<vectorWidth { lanes[lane] = UInt32(lane) }
    let threshold = IntegerVector(repeating: mask.threshold)
    for row in 0..<rowCount {
      for column in vectorStarts(columnCount) {
        let offset = row &* rowStride &+ column
        let index = lanes &+ UInt32(truncatingIfNeeded: firstIndex &+ offset)
        let scaled = load(values + offset) * mask.scale
        let isDropped = hash(index, mask.key) .< threshold
        store(scaled.replacing(with: Vector.zero, where: isDropped), values + offset)
      }
    }
  }
}

/// The low-bias integer hash found by C. Wellons' search ("Prospecting for Hash Functions"): every input bit flips
/// each output bit with a probability that differs from one half by less than 0.2 %. Both keys are mixed in before the
/// hash, so that even keys that differ in a single bit give unrelated masks.
@inline(__always)
private func hash(_ index: IntegerVector, _ key: (UInt32, UInt32)) -> IntegerVector {
  var value = (index &* 0x9E37_79B9 &+ key.0) ^ key.1
  value ^= value &>> 16
  value = value &* 0x21F0_AAAD
  value ^= value &>> 15
  value = value &* 0xD35A_2D97
  return value ^ (value &>> 15)
}
