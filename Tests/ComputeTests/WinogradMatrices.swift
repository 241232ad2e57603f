// The constant matrices of F(m×m, 3×3) by Toom and Cook's method, in Double and from nothing but the points, and the
// number of roundings of a value in each transform of the kernels.
//
// With finite points p, f(p) = Π (p − q) over the other points q:
//
//     Aᵀ  column of p: 1, p, p², …      of infinity: 0, …, 0, 1
//     G   row of p: (1, p, p²) / f(p)   of infinity: (0, 0, 1)
//     Bᵀ  row of p: coefficients of Π (x − q) over the other points q   of infinity: those over all points
//
// A short line of m outputs uses m of the points of a whole line, whose G it shares. Its row of p in Bᵀ is multiplied by
// (p − q) for each point q that it does not use. The components of those are 0.

import KernelInterface

struct WinogradMatrices {
  /// Bᵀ [n, m + 2], G [n, 3] and Aᵀ [m, n], where n is the number of components of a whole line.
  let input: [[Double]]
  let weights: [[Double]]
  let output: [[Double]]

  /// The matrices of the backward pass: A, B and Gᵀ.
  var gradient: [[Double]] { Self.transpose(output) }
  var inputGradient: [[Double]] { Self.transpose(input) }
  var weightGradient: [[Double]] { Self.transpose(weights) }

  /// The matrices of lines of `outputs` outputs: as many as whole lines have by default, or fewer.
  init(_ size: WinogradSize, outputs: Int? = nil) {
    let points: [Double] =
      switch size {
      case .two: [0, 1, -1]
      case .three: [0, 1, -1, -0.5]
      case .four: [0, 0.75, -0.75, 1.5, -1.5]
      }
    let outputCount = outputs ?? size.outputSize
    let used = Array(points[...outputCount])
    func product(_ point: Double, _ others: some Sequence<Double>) -> Double {
      others.reduce(1) { $1 == point ? $0 : $0 * (point - $1) }
    }
    var input = points.map { point in
      let factor = product(point, points[used.count...])
      return used.contains(point)
        ? Self.coefficients(roots: used.filter { $0 != point }).map { $0 * factor } + [0]
        : [Double](repeating: 0, count: outputCount + 2)
    }
    input.append(Self.coefficients(roots: used))
    var weights = points.map { point in
      let scale = product(point, points)
      return [1 / scale, point / scale, point * point / scale]
    }
    weights.append([0, 0, 1])
    var output = (0..<outputCount).map { row in
      points.map { point in used.contains(point) ? (0..<row).reduce(1) { power, _ in power * point } : 0 }
        + [row == outputCount - 1 ? 1 : 0]
    }
    if size == .two {
      // Lavin & Gray flip the signs of two pairs: those of 0 in Bᵀ and G, and those of infinity in Bᵀ and Aᵀ.
      (input[0], weights[0]) = (input[0].map { -$0 }, weights[0].map { -$0 })
      (input[3], output) = (input[3].map { -$0 }, output.map { $0.dropLast() + [-$0[3]] })
    }
    (self.input, self.weights, self.output) = (input, weights, output)
  }

  /// The coefficients of Π (x − root), from x⁰ on.
  private static func coefficients(roots: [Double]) -> [Double] {
    roots.reduce([1]) { product, root in
      (0...product.count).map { power in
        (power > 0 ? product[power - 1] : 0) - (power < product.count ? root * product[power] : 0)
      }
    }
  }

  static func transpose(_ matrix: [[Double]]) -> [[Double]] {
    matrix[0].indices.map { column in matrix.map { $0[column] } }
  }

  static func magnitudes(_ matrix: [[Double]]) -> [[Double]] { matrix.map { $0.map(abs) } }
}

/// The most roundings that a value passes through in the transform of a line (Kernels/WinogradLines.swift), without
/// fused operations: one for each addition, one for each product with a factor that is not a power of two, and one for
/// each constant that is not exact. A tile is transformed twice, along its columns and along its rows.
struct WinogradRoundings {
  let input: Int
  let weights: Int
  let output: Int
  let gradient: Int
  let inputGradient: Int
  let weightGradient: Int

  init(_ size: WinogradSize) {
    switch size {
    // Sums of up to three values; halving is exact.
    case .two:
      (input, weights, output, gradient, inputGradient, weightGradient) = (1, 2, 2, 1, 2, 2)
    // Sums of up to five values. Thirds are inexact constants, and a product with 3⁄2 is rounded.
    case .three:
      (input, weights, output, gradient, inputGradient, weightGradient) = (2, 4, 3, 2, 4, 5)
    // Even and odd parts take a product and an addition each, and are multiplied and added again. 1 / f(p) is not
    // exact, and p / f(p) is rounded twice. The input gradient of a short line of three is a sum of three, multiplied
    // and added to two products.
    case .four:
      (input, weights, output, gradient, inputGradient, weightGradient) = (4, 5, 4, 4, 5, 6)
    }
  }
}

/// left · square · leftᵀ, for a square matrix in row-major order.
func transformed(_ square: [Double], by left: [[Double]]) -> [Double] {
  transformed(square, by: left, left)
}

/// left · tile · rightᵀ, for a tile in row-major order.
func transformed(_ tile: [Double], by left: [[Double]], _ right: [[Double]]) -> [Double] {
  let width = right[0].count
  var half = [Double](repeating: 0, count: left.count * width)
  for row in left.indices {
    for term in left[row].indices where left[row][term] != 0 {
      let factor = left[row][term]
      for column in 0..<width { half[row * width + column] += factor * tile[term * width + column] }
    }
  }
  var result = [Double](repeating: 0, count: left.count * right.count)
  for column in right.indices {
    for term in 0..<width where right[column][term] != 0 {
      let factor = right[column][term]
      for row in left.indices { result[row * right.count + column] += half[row * width + term] * factor }
    }
  }
  return result
}

/// The transform of a tile of Float values, each off by at most `roundings` in both directions.
func expectedTransform(_ tile: [Double], by left: [[Double]], _ right: [[Double]], roundings: Int) -> Expected
{
  let magnitudes = transformed(
    tile.map(abs), by: WinogradMatrices.magnitudes(left), WinogradMatrices.magnitudes(right))
  // One more rounding for second-order errors.
  let factor = Double(2 * roundings + 1) * Rounded.unit
  return Expected(values: transformed(tile, by: left, right), bounds: magnitudes.map { factor * $0 })
}
