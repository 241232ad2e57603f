// The constant matrices of F(m×m, 3×3) by Toom and Cook's method, in Double and from nothing but the points, and the
// number of roundings of a value in each transform of the kernels.
//
// With finite points p, f(p) = Π (p − q) over the other points q:
//
//     Aᵀ  column of p: 1, p, p², …      of infinity: 0, …, 0, 1
//     G   row of p: (1, p, p²) / f(p)   of infinity: (0, 0, 1)
//     Bᵀ  row of p: coefficients of Π (x − q) over the other points q   of infinity: those over all points

import KernelInterface

struct WinogradMatrices {
  /// Bᵀ [n, n], G [n, 3] and Aᵀ [m, n].
  let input: [[Double]]
  let weights: [[Double]]
  let output: [[Double]]

  /// The matrices of the backward pass: A, B and Gᵀ.
  var gradient: [[Double]] { Self.transpose(output) }
  var inputGradient: [[Double]] { Self.transpose(input) }
  var weightGradient: [[Double]] { Self.transpose(weights) }

  init(_ size: WinogradSize) {
    let points: [Double] =
      switch size {
      case .two: [0, 1, -1]
      case .three: [0, 1, -1, -0.5]
      case .four: [0, 0.75, -0.75, 1.5, -1.5]
      }
    func others(_ point: Double) -> [Double] { points.filter { $0 != point } }
    var input = points.map { Self.coefficients(roots: others($0)) + [0] } + [Self.coefficients(roots: points)]
    var weights = points.map { point in
      let scale = others(point).reduce(1) { $0 * (point - $1) }
      return [1 / scale, point / scale, point * point / scale]
    }
    weights.append([0, 0, 1])
    var output = (0..<size.outputSize).map { row in
      points.map { point in (0..<row).reduce(1) { power, _ in power * point } }
        + [row == size.outputSize - 1 ? 1 : 0]
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
    // exact, and p / f(p) is rounded twice.
    case .four:
      (input, weights, output, gradient, inputGradient, weightGradient) = (4, 5, 4, 4, 4, 6)
    }
  }
}

/// left · square · leftᵀ, for a square matrix in row-major order.
func transformed(_ square: [Double], by left: [[Double]]) -> [Double] {
  let size = left[0].count
  var half = [Double](repeating: 0, count: left.count * size)
  for row in left.indices {
    for term in 0..<size where left[row][term] != 0 {
      let factor = left[row][term]
      for column in 0..<size { half[row * size + column] += factor * square[term * size + column] }
    }
  }
  var result = [Double](repeating: 0, count: left.count * left.count)
  for column in left.indices {
    for term in 0..<size where left[column][term] != 0 {
      let factor = left[column][term]
      for row in left.indices { result[row * left.count + column] += half[row * size + term] * factor }
    }
  }
  return result
}

/// The transform of a tile of Float values, each off by at most `roundings` in both directions.
func expectedTransform(_ tile: [Double], by matrix: [[Double]], roundings: Int) -> Expected {
  let magnitudes = transformed(tile.map(abs), by: WinogradMatrices.magnitudes(matrix))
  // One more rounding for second-order errors.
  let factor = Double(2 * roundings + 1) * Rounded.unit
  return Expected(values: transformed(tile, by: matrix), bounds: magnitudes.map { factor * $0 })
}
