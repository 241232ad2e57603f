// Sums over rows and runs, and the conversion of pixels. Counts of floats are multiples of the lane.

import KernelInterface

extension KernelTable {
  /// result[i] ← bytes[i] · scale, for any count. The last vector overlaps the one before it, since a row of 28 pixels
  /// is not a multiple of 8 or 16.
  public static func scaleBytes(
    _ bytes: UnsafePointer<UInt8>, count: Int, scale: Float, to result: UnsafeMutablePointer<Float>
  ) {
    guard count >= vectorWidth else {
      for index in 0..<count { result[index] = Float(bytes[index]) * scale }
      return
    }
    for index in vectorStarts(count) {
      let start = min(index, count &- vectorWidth)
      let values = UnsafeRawPointer(bytes + start).loadUnaligned(as: ByteVector.self)
      store(numbers(values) * scale, result + start)
    }
  }

  /// target[i] += source[i]
  public static func add(_ source: UnsafePointer<Float>, count: Int, to target: UnsafeMutablePointer<Float>) {
    for index in vectorStarts(count) {
      store(load(target + index) + load(source + index), target + index)
    }
  }
}

/// The rows in one block of a longer sum. With 65,536 rows, the largest batch, there are as many blocks as rows in one,
/// which loses the fewest digits.
private let blockRows = 256

extension KernelTable {
  /// target[j] += Σ over g, i of rows[g, i, j]: the gradient of a bias.
  public static func addRows(_ groups: RowGroups, columnCount: Int, to target: UnsafeMutablePointer<Float>) {
    for column in vectorStarts(columnCount) {
      var total = Vector.zero
      var sum = Vector.zero
      var room = blockRows
      for group in 0..<groups.groupCount {
        var row = groups.start + (group &* groups.groupStride &+ column)
        var left = groups.rowCount
        while left > 0 {
          if room == 0 {
            total += sum
            sum = Vector.zero
            room = blockRows
          }
          let count = min(left, room)
          for _ in 0..<count {
            sum += load(row)
            row += groups.rowStride
          }
          left &-= count
          room &-= count
        }
      }
      store(load(target + column) + (total + sum), target + column)
    }
  }

  /// Returns Σ x², each lane summed in Double. A Float sum of 10⁶ squares would lose the small ones.
  public static func sumOfSquares(_ values: UnsafePointer<Float>, count: Int) -> Double {
    var sums = SIMD8<Double>.zero
    for index in stride(from: 0, to: count, by: 8) {
      let part = UnsafeRawPointer(values + index).loadUnaligned(as: SIMD8<Float>.self)
      let value = SIMD8<Double>(part)
      sums += value * value
    }
    return sums.sum()
  }
}
