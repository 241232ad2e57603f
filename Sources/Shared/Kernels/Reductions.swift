// Sums over rows and runs, and the conversion of pixels. Counts of floats are multiples of the lane.

import KernelInterface

/// result[i] = bytes[i] · scale; any count. The last vector overlaps the one before it: a row of 28 pixels is no multiple
/// of 8 or 16.
func scaleBytes(
  _ bytes: UnsafePointer<UInt8>, _ count: Int, _ scale: Float, _ result: UnsafeMutablePointer<Float>
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
func add(_ source: UnsafePointer<Float>, _ count: Int, _ target: UnsafeMutablePointer<Float>) {
  for index in vectorStarts(count) {
    store(load(target + index) + load(source + index), target + index)
  }
}

/// target[j] += Σ over i of rows[i, j]: the gradient of a bias.
func addRows(
  _ rows: UnsafePointer<Float>, _ rowCount: Int, _ rowStride: Int, _ columnCount: Int,
  _ target: UnsafeMutablePointer<Float>
) {
  for column in vectorStarts(columnCount) {
    var sum = load(target + column)
    var row = rows + column
    for _ in 0..<rowCount {
      sum += load(row)
      row += rowStride
    }
    store(sum, target + column)
  }
}

/// Σ x², each lane summed in Double: a Float sum of 10⁶ squares would lose the small ones.
func sumOfSquares(_ values: UnsafePointer<Float>, _ count: Int) -> Double {
  var sums = SIMD8<Double>.zero
  for index in stride(from: 0, to: count, by: 8) {
    let part = UnsafeRawPointer(values + index).loadUnaligned(as: SIMD8<Float>.self)
    let value = SIMD8<Double>(part)
    sums += value * value
  }
  return sums.sum()
}
