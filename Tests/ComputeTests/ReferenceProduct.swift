// Products of matrices, naively and in Double.
//
// Bounds: in a sum of k products, each is rounded once as a product and once when it is added. In any order, and with
// or without fused operations, the sum is off by at most about (k + 1) · u · Σ |a · b|, where u is half an ulp of 1
// (Higham, "Accuracy and Stability of Numerical Algorithms", 3.1). One more term covers a nonzero start and
// second-order errors.

import KernelInterface

/// One sum of products, and the sum of their magnitudes.
struct SumOfProducts {
  var value = 0.0
  var magnitude = 0.0
  var count = 0

  init(startingFrom start: Float = 0) {
    value = Double(start)
    magnitude = abs(value)
  }

  mutating func add(_ a: Float, _ b: Float) {
    let product = Double(a) * Double(b)
    value += product
    magnitude += abs(product)
    count += 1
  }

  var bound: Double { Double(count + 2) * Rounded.unit * magnitude }
}

extension Expected {
  init(_ sums: [SumOfProducts]) {
    self.init(values: sums.map(\.value), bounds: sums.map(\.bound))
  }
}

/// a [m, k] · b [k, n] + bias [n]
func referenceProduct(m: Int, n: Int, k: Int, a: [Float], b: [Float], bias: [Float]? = nil) -> Expected {
  var sums: [SumOfProducts] = []
  for i in 0..<m {
    for j in 0..<n {
      var sum = SumOfProducts(startingFrom: bias?[j] ?? 0)
      for p in 0..<k { sum.add(a[i * k + p], b[p * n + j]) }
      sums.append(sum)
    }
  }
  return Expected(sums)
}

/// [rowCount, columnCount] → [columnCount, rowCount]
func referenceTranspose(_ matrix: [Float], rowCount: Int, columnCount: Int) -> [Float] {
  (0..<columnCount).flatMap { column in (0..<rowCount).map { row in matrix[row * columnCount + column] } }
}

/// start [columnCount] + Σ of the rows of [rowCount, columnCount]
func referenceRowSum(_ rows: [Float], rowCount: Int, startingFrom start: [Float]) -> Expected {
  Expected(
    start.indices.map { column in
      var sum = SumOfProducts(startingFrom: start[column])
      for row in 0..<rowCount { sum.add(rows[row * start.count + column], 1) }
      return sum
    })
}

/// The formula of ``MatrixProduct`` itself, value by value, in the order [group, row, column], on the current values of
/// its operands.
func referenceProduct(_ product: MatrixProduct, panelWidth: Int) -> Expected {
  var sums: [SumOfProducts] = []
  for group in 0..<product.groupCount {
    for row in 0..<product.rowCount {
      for column in 0..<product.columnCount {
        let panel = column / panelWidth
        let width = min(panelWidth, product.columnCount - panel * panelWidth)
        let bRowStride = product.bRowStride == 0 ? width : product.bRowStride
        let cRowStride = product.cRowStride == 0 ? width : product.cRowStride
        var sum = SumOfProducts()
        switch product.start {
        case .zero: break
        case .bias(let bias): sum = SumOfProducts(startingFrom: bias[column])
        case .accumulate:
          let cRow = group * product.cGroupRows + row
          let cOffset = panel * product.cPanelStride + cRow * cRowStride + column % panelWidth
          sum = SumOfProducts(startingFrom: product.c[cOffset])
        }
        for segment in 0..<product.segmentCount {
          for term in 0..<product.depth {
            let aOffset =
              group * product.aGroupStride + row * product.aRowStride + segment * product.aSegmentStride
              + term * product.aDepthStride
            let bRow = segment * product.bSegmentRows + term
            sum.add(
              product.a[aOffset],
              product.b[panel * product.bPanelStride + bRow * bRowStride + column % panelWidth])
          }
        }
        sums.append(sum)
      }
    }
  }
  let expected = Expected(sums)
  return product.rectifies ? expected.rectified : expected
}
