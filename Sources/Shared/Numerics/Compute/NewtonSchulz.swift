// The nearest matrix with orthonormal rows or columns, roughly: what Muon makes of a step (Jordan et al. 2024, "Muon: An
// optimizer for hidden layers in neural networks").
//
//     X ← Y / ‖Y‖,   then five times   X ← a X + b (X Xᵀ) X + c (X Xᵀ)² X      a = 3.4445, b = −4.7750, c = 2.0315
//
// Newton's and Schulz's iteration of fifth order. With Y = U S Vᵀ each turn takes a singular value s to a s + b s³ + c s⁵, and
// so towards 1. The coefficients lift small ones as fast as they can, and leave what is not tiny between 0.68 and 1.21.
//
// Every turn multiplies X by a polynomial in its own Gram matrix, and polynomials in one matrix commute. So they are multiplied with
// each other first, as matrices of the shorter side, and with Y once:
//
//     G ← Xᵀ X,  P ← 1;   five times:  p ← a + b G + c G²,  P ← P p,  G ← p G p;   result  X P
//
// (of a wide X, G is X Xᵀ and the result P X). For a side of m and another of n that is 4 m² n + 34 m³ operations and not
// 20 m² n + 10 m³: of convolutions with nine taps and as many inputs as outputs, 70 m³ and not 190 m³. In Float the result has
// singular values that are right to about 5 · 10⁻⁴; PyTorch computes in bfloat16.

import KernelInterface

/// The size of a matrix in memory for orthogonalising, row-major; rows are padded to the lane with zeros.
public struct MatrixShape: Equatable, Sendable {
  public let rows: Int
  public let columns: Int

  public init(rows: Int, columns: Int) {
    precondition(rows >= 1 && columns >= 1, "a matrix of \(rows) × \(columns)")
    self.rows = rows
    self.columns = columns
  }

  /// Floats from one row to the next.
  public var rowStride: Int { paddedToLane(columns) }
  public var floatCount: Int { rows * rowStride }

  /// The order of its smaller Gram matrix.
  fileprivate var side: Int { min(rows, columns) }
  fileprivate var gramCount: Int { side * paddedToLane(side) }
}

/// Memory for matrices of some shapes, one at a time.
public final class NewtonSchulzMemory: Sendable {
  /// The matrix, and what is made of it.
  public let input: FloatBuffer
  public let output: FloatBuffer
  fileprivate let squares: [FloatBuffer]

  public init(_ shapes: [MatrixShape]) {
    let (count, gramCount) = Self.counts(shapes)
    input = FloatBuffer(count: count)
    output = FloatBuffer(count: count)
    squares = (0..<Self.squareCount).map { _ in FloatBuffer(count: gramCount) }
  }

  /// Gram matrix, its square, polynomial, product of polynomials, and one to write the next to.
  private static let squareCount = 5

  private static func counts(_ shapes: [MatrixShape]) -> (matrix: Int, gram: Int) {
    (shapes.map(\.floatCount).max() ?? 0, shapes.map(\.gramCount).max() ?? 0)
  }

  /// The floats of such memory, and of what products of these matrices pack; in Double, which no shape overflows.
  public static func floatCount(_ shapes: [MatrixShape]) -> Double {
    let (count, gramCount) = counts(shapes)
    return 2 * Double(count) + Double(squareCount) * Double(gramCount)
      + (shapes.map(Engine.packedCount).max() ?? 0)
  }
}

private let turnCount = 5
private let a: Float = 3.4445
private let b: Float = -4.7750
private let c: Float = 2.0315
/// The smallest norm to divide by, so that a matrix of zeros stays one.
private let leastNorm = 1e-7

extension Engine {
  /// Writes to the memory's output the matrix in its input with singular values near 1. The input is scaled to norm 1.
  /// Padding of the input is 0. The same bits for any number of threads. Complexity: O(m² n), m being the shorter side.
  public func orthogonalize(_ shape: MatrixShape, _ memory: NewtonSchulzMemory) {
    let (input, output) = (memory.input[0..<shape.floatCount], memory.output[0..<shape.floatCount])
    scale(input, by: Float(1 / max(norm(input), leastNorm)))
    let isTall = shape.rows >= shape.columns
    let matrix = MatrixView(input, rowStride: shape.rowStride)
    let transpose = MatrixView(input, rowStride: shape.rowStride, isTransposed: true)
    let gram = SquareMatrix(memory.squares[0], side: shape.side)
    matrixMultiply(
      m: shape.side, n: shape.side, k: max(shape.rows, shape.columns), a: isTall ? transpose : matrix,
      b: isTall ? matrix : transpose, c: gram.rows)
    let factor = productOfPolynomials(gram, memory, side: shape.side).view
    matrixMultiply(
      m: shape.rows, n: shape.columns, k: shape.side, a: isTall ? matrix : factor,
      b: isTall ? factor : matrix, c: Rows(output, stride: shape.rowStride))
  }

  /// The product of all turns' polynomials; the Gram matrix is overwritten.
  private func productOfPolynomials(
    _ gram: SquareMatrix, _ memory: NewtonSchulzMemory, side: Int
  ) -> SquareMatrix {
    let matrices = memory.squares.map { SquareMatrix($0, side: side) }
    let (squared, polynomial) = (matrices[1], matrices[2])
    var (product, next) = (matrices[3], matrices[4])
    for turn in 0..<turnCount {
      multiply(gram, gram, to: squared)
      setPolynomial(of: gram, squared, to: polynomial)
      if turn == 0 {
        _ = product.floats.update(fromContentsOf: polynomial.floats)
      } else {
        multiply(product, polynomial, to: next)
        swap(&product, &next)
      }
      if turn < turnCount - 1 {
        multiply(polynomial, gram, to: next)
        multiply(next, polynomial, to: gram)
      }
    }
    return product
  }

  private func multiply(_ left: SquareMatrix, _ right: SquareMatrix, to target: SquareMatrix) {
    matrixMultiply(
      m: target.side, n: target.side, k: target.side, a: left.view, b: right.view, c: target.rows)
  }

  /// target ← a + b G + c G²
  private func setPolynomial(of gram: SquareMatrix, _ squared: SquareMatrix, to target: SquareMatrix) {
    forEachRun(target.side, length: 32) { rows in
      for row in rows {
        let start = row * target.rowStride
        for index in start..<start + target.side {
          target.floats[index] = b * gram.floats[index] + c * squared.floats[index]
        }
        target.floats[start + row] += a
      }
    }
  }

  private func scale(_ values: Floats, by factor: Float) {
    forEachRun(values.count) { run in
      for index in run { values[index] *= factor }
    }
  }
}

/// A square matrix at the start of a buffer.
private struct SquareMatrix {
  let floats: Floats
  let side: Int
  var rowStride: Int { paddedToLane(side) }
  var rows: Rows { Rows(floats, stride: rowStride) }
  var view: MatrixView { MatrixView(floats, rowStride: rowStride) }

  init(_ buffer: FloatBuffer, side: Int) {
    floats = buffer[0..<side * paddedToLane(side)]
    self.side = side
  }
}
