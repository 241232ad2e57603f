// Pooling of one map, naively, and the layout of these maps in memory.

import KernelInterface

struct PoolingShape: CustomStringConvertible {
  let outHeight: Int
  let outWidth: Int
  let channels: Int
  let size: Int
  let stride: Int
  /// Rows and columns of the map that no window reaches, at the bottom and at the right.
  var rest = 0

  var height: Int { (outHeight - 1) * stride + size + rest }
  var width: Int { (outWidth - 1) * stride + size + rest }
  var outputCount: Int { outHeight * outWidth * channels }
  var description: String { "size \(size), stride \(stride), [\(height), \(width), \(channels)]" }
}

/// Maps with gaps after their pixels and rows. Only the pooled pixels follow each other directly.
struct PoolingLayouts {
  let window: PoolingWindow
  let input: Layout
  let output: Layout

  init(_ shape: PoolingShape) {
    let pixelStride = shape.channels + 16
    let rowStride = shape.width * pixelStride + 16
    let outputRowStride = shape.outWidth * shape.channels + 32
    window = PoolingWindow(
      size: shape.size, stride: shape.stride, outWidth: shape.outWidth, channels: shape.channels,
      inputRowStride: rowStride, inputPixelStride: pixelStride, outputRowStride: outputRowStride)
    input = .map(
      height: shape.height, width: shape.width, channels: shape.channels, pixelStride: pixelStride,
      rowStride: rowStride)
    output = .rows(shape.outHeight, shape.outWidth * shape.channels, stride: outputRowStride)
  }
}

/// The pooled map and the place of each maximum, the first of equal ones. A NaN is larger than every number.
func referencePool(_ shape: PoolingShape, input: [Float]) -> (values: [Float], places: [UInt8]) {
  var values: [Float] = []
  var places: [UInt8] = []
  forEachWindow(shape) { indices in
    var best = 0
    for place in indices.indices.dropFirst() {
      let (value, largest) = (input[indices[place]], input[indices[best]])
      if value > largest || (value.isNaN && !largest.isNaN) { best = place }
    }
    values.append(input[indices[best]])
    places.append(UInt8(best))
  }
  return (values, places)
}

/// start + each output gradient at the place of its maximum. Bounds are those of a sum with a term for each overlapping
/// window.
func referencePoolGradient(
  _ shape: PoolingShape, outputGradient: [Float], places: [UInt8], startingFrom start: [Float]
) -> Expected {
  var sums = start.map { SumOfProducts(startingFrom: $0) }
  var output = 0
  forEachWindow(shape) { indices in
    sums[indices[Int(places[output])]].add(outputGradient[output], 1)
    output += 1
  }
  return Expected(sums)
}

/// The mean of each window.
func referenceAveragePool(_ shape: PoolingShape, input: [Float]) -> Expected {
  var means: [Rounded] = []
  forEachWindow(shape) { indices in
    means.append(.sum(indices.map { Rounded(input[$0]) }) / Rounded(Float(indices.count)))
  }
  return Expected(means)
}

/// start + each output gradient, divided among the pixels of its window.
func referenceAveragePoolGradient(
  _ shape: PoolingShape, outputGradient: [Float], startingFrom start: [Float]
) -> Expected {
  var terms = start.map { [Rounded($0)] }
  var output = 0
  forEachWindow(shape) { indices in
    for index in indices {
      terms[index].append(Rounded(outputGradient[output]) / Rounded(Float(indices.count)))
    }
    output += 1
  }
  return Expected(terms.map { .sum($0) })
}

/// Calls `body` for each pooled value, in the order [row, column, channel], with the indices of its window's values.
private func forEachWindow(_ shape: PoolingShape, _ body: ([Int]) -> Void) {
  for v in 0..<shape.outHeight {
    for u in 0..<shape.outWidth {
      for channel in 0..<shape.channels {
        var indices: [Int] = []
        for r in 0..<shape.size {
          for q in 0..<shape.size {
            let (y, x) = (v * shape.stride + r, u * shape.stride + q)
            indices.append((y * shape.width + x) * shape.channels + channel)
          }
        }
        body(indices)
      }
    }
  }
}
