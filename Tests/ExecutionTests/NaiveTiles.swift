// Winograd's convolution as a sum of products, for bounds on its rounding errors. It multiplies and adds several
// products for each term of the naive convolution.
//
// Along a line, F(m, 3) computes these outputs from taps g and pixels d:
//
//     y[r] = Σ over components i of A[r, i] · (Σ over t of G[i, t] g[t]) · (Σ over j of B[i, j] d[j])
//
// In exact arithmetic, all products cancel but those of y[r] = Σ over t of g[t] d[r + t]. With rounding, they do not.
// The error of an output contains the roundings of every pixel of its tile, each weighted by
// Σ over i of |A[r, i] G[i, t] B[i, j]|. In a tile, the weight is the product of those of the row and the column.

import KernelInterface
import Networks

/// An output of a line, a tap, and an input pixel, with their weight.
struct LineTerm {
  let output: Int
  let tap: Int
  let input: Int
  let weight: Double
}

/// The weights of a line's tile, [output][tap][pixel].
private struct LineTile {
  let weights: [[[Double]]]
  var outputSize: Int { weights.count }

  /// Uses Toom and Cook's method with these finite points. Kernels/WinogradLines.swift has the matrices.
  init(points: [Double]) {
    let outputs = points.count - 1
    var weights = [[[Double]]](
      repeating: [[Double]](repeating: [Double](repeating: 0, count: points.count + 1), count: 3),
      count: outputs)
    func add(_ output: (Int) -> Double, _ taps: [Double], _ pixels: [Double]) {
      for row in 0..<outputs {
        for tap in 0..<3 {
          for (pixel, factor) in pixels.enumerated() {
            weights[row][tap][pixel] += abs(output(row) * taps[tap] * factor)
          }
        }
      }
    }
    for point in points {
      let others = points.filter { $0 != point }
      let scale = others.reduce(1) { $0 * (point - $1) }
      add(
        { (0..<$0).reduce(1) { power, _ in power * point } },
        [1 / scale, point / scale, point * point / scale], Self.coefficients(roots: others))
    }
    add({ $0 == outputs - 1 ? 1 : 0 }, [0, 0, 1], Self.coefficients(roots: points))
    self.weights = weights
  }

  /// The coefficients of Π (x − root), from x⁰ on.
  private static func coefficients(roots: [Double]) -> [Double] {
    roots.reduce([1]) { product, root in
      (0...product.count).map { power in
        (power > 0 ? product[power - 1] : 0) - (power < product.count ? root * product[power] : 0)
      }
    }
  }

  static let ofTwo = LineTile(points: [0, 1, -1])
  static let ofThree = LineTile(points: [0, 1, -1, -0.5])
  static let ofFour = LineTile(points: [0, 0.75, -0.75, 1.5, -1.5])
  /// Short tiles beside those of four. What their rows of Bᵀ have more, their rows of G have less.
  static let shortOfThree = LineTile(points: [0, 0.75, -0.75, 1.5])
  static let shortOfTwo = LineTile(points: [0, 0.75, -0.75])
}

/// The tiles along a line of a map.
private struct Line {
  let size: WinogradSize
  let wholeCount: Int
  /// 0 if no tile is short.
  let shortSize: Int

  /// The magnitude of the factor by which an output's tile multiplies a tap and a pixel of the padded input.
  func weight(output: Int, tap: Int, pixel: Int) -> Double {
    let side = size.outputSize
    let tile: LineTile =
      switch (size, output < wholeCount * side ? side : shortSize) {
      case (.two, _): .ofTwo
      case (.three, _): .ofThree
      case (.four, 4): .ofFour
      case (.four, 3): .shortOfThree
      case (.four, _): .shortOfTwo
      }
    let (start, row) = (output / side * side, output % side)
    // With a pooling, the last pixel may be in no tile.
    guard row < tile.outputSize, (0..<tile.outputSize + 2).contains(pixel - start) else { return 0 }
    return tile.weights[row][tap][pixel - start]
  }
}

extension WinogradGrid {
  fileprivate var column: Line {
    Line(size: size, wholeCount: wholeRows, shortSize: hasShortRow ? shortSize : 0)
  }
  fileprivate var row: Line {
    Line(size: size, wholeCount: wholeColumns, shortSize: hasShortColumn ? shortSize : 0)
  }

  /// The tiles that may cover a map: those of two, and those with the fewest multiplications, without a pooling and with
  /// one.
  fileprivate static func candidates(height: Int, width: Int) -> [WinogradGrid] {
    [
      WinogradGrid(.two, height: height, width: width),
      WinogradGrid(height: height, width: width, pools: false),
      WinogradGrid(height: height, width: width, pools: true),
    ]
  }
}

extension Node {
  /// The convolution, if Winograd's algorithm may compute it. Convolutions of the image are direct.
  var tiledConvolution: Convolution? {
    guard case .convolution(let convolution) = operation, convolution.kernel == Extent(3, 3),
      convolution.stride == 1, convolution.dilation == 1, convolution.groups == 1, inputs[0] != 0
    else { return nil }
    let output = Extents(output)
    return min(output.height, output.width) >= 2 ? convolution : nil
  }

  /// The terms along a column and along a row. The tiles of a convolution depend on the layers after it, so each term
  /// has its largest weight in any possible tile.
  fileprivate func lineTerms(_ convolution: Convolution) -> (rows: [LineTerm], columns: [LineTerm]) {
    let (input, output) = (Extents(input), Extents(output))
    let grids = WinogradGrid.candidates(height: output.height, width: output.width)
    return (
      largestTerms(grids.map(\.column), output.height, input.height, padding: convolution.padding.height),
      largestTerms(grids.map(\.row), output.width, input.width, padding: convolution.padding.width)
    )
  }

  private func largestTerms(_ lines: [Line], _ outputs: Int, _ inputs: Int, padding: Int) -> [LineTerm] {
    var terms: [LineTerm] = []
    for output in 0..<outputs {
      for tap in 0..<3 {
        for input in 0..<inputs {
          let weight = lines.map { $0.weight(output: output, tap: tap, pixel: input + padding) }.max()!
          if weight > 0 {
            terms.append(LineTerm(output: output, tap: tap, input: input, weight: weight))
          }
        }
      }
    }
    return terms
  }
}

extension Node {
  /// For each weight, the sum of the magnitudes of the products of tiles for its gradient.
  func tileMagnitudes(
    _ convolution: Convolution, batch: Int, input values: [Double], gradient: [Double]
  ) -> [Double] {
    let (input, output) = (Extents(input), Extents(output))
    let (rows, columns) = lineTerms(convolution)
    var result = [Double](repeating: 0, count: output.channels * input.channels * 9)
    for image in 0..<batch {
      for out in 0..<output.channels {
        let target = (image * output.channels + out) * output.height
        for channel in 0..<input.channels {
          let source = (image * input.channels + channel) * input.height
          let kernel = (out * input.channels + channel) * 9
          for row in rows {
            let (y, x) = ((target + row.output) * output.width, (source + row.input) * input.width)
            for column in columns {
              result[kernel + 3 * row.tap + column.tap] +=
                row.weight * column.weight * abs(values[x + column.input] * gradient[y + column.output])
            }
          }
        }
      }
    }
    return result
  }
}

extension NaiveNetwork {
  /// Calls `body` for each product of a tile, with the indices of its weight, input and output, and its factor.
  @inline(__always)
  func forEachTileTerm(
    _ node: Node, _ convolution: Convolution, batch: Int,
    _ body: (_ weight: Int, _ input: Int, _ output: Int, _ factor: Scalar) -> Void
  ) {
    let (input, output) = (Extents(node.input), Extents(node.output))
    let (rows, columns) = node.lineTerms(convolution)
    for image in 0..<batch {
      for out in 0..<output.channels {
        let target = (image * output.channels + out) * output.height
        for channel in 0..<input.channels {
          let source = (image * input.channels + channel) * input.height
          let kernel = (out * input.channels + channel) * 9
          for row in rows {
            for column in columns {
              body(
                kernel + 3 * row.tap + column.tap, (source + row.input) * input.width + column.input,
                (target + row.output) * output.width + column.output, Scalar(row.weight * column.weight))
            }
          }
        }
      }
    }
  }
}
