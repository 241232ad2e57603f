// An approximation of the nearest matrix with orthonormal rows or columns, which Muon applies to a step (Jordan et al.
// 2024, "Muon: An optimizer for hidden layers in neural networks").
//
//     X ← Y / ‖Y‖,   then five times   X ← a X + b (X Xᵀ) X + c (X Xᵀ)² X      a = 3.4445, b = −4.7750, c = 2.0315
//
// This is a Newton–Schulz iteration of fifth order. With Y = U S Vᵀ, each iteration takes a singular value s to
// a s + b s³ + c s⁵, and so towards 1. The coefficients raise small values as fast as they can, and leave all that
// are not tiny between 0.68 and 1.21.
//
// Every iteration multiplies X by a polynomial in its own Gram matrix, and polynomials in one matrix commute. So they
// are first multiplied with each other, as matrices of the shorter side, and with Y once:
//
//     G ← Xᵀ X,  P ← 1;   five times:  p ← a + b G + c G²,  P ← P p,  G ← p G p;   result  X P
//
// (for a wide X, G is X Xᵀ and the result is P X). With sides m ≤ n, that is 4 m² n + 34 m³ operations instead of
// 20 m² n + 10 m³. For convolutions with nine taps and as many inputs as outputs, it is 70 m³ instead of 190 m³.
// In Float, the singular values of the result have an error of about 5 · 10⁻⁴; PyTorch computes in bfloat16.

import KernelInterface

/// The size of a matrix to orthogonalise. The matrix is row-major, and its rows are padded to the lane with zeros.
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

  /// The order of the smaller Gram matrix.
  fileprivate var side: Int { min(rows, columns) }
  fileprivate var gramCount: Int { side * paddedToLane(side) }
}

/// Memory to orthogonalise matrices of some shapes, one at a time.
public final class NewtonSchulzMemory: Sendable {
  /// The matrix, and the result.
  public let input: FloatBuffer
  public let output: FloatBuffer
  fileprivate let squares: [FloatBuffer]

  public init(_ shapes: [MatrixShape]) {
    let (count, gramCount) = Self.counts(shapes)
    input = FloatBuffer(count: count)
    output = FloatBuffer(count: count)
    squares = (0..<Self.squareCount).map { _ in FloatBuffer(count: gramCount) }
  }

  /// The Gram matrix, its square, the polynomial, the product of polynomials, and one to write the next product to.
  private static let squareCount = 5

  private static func counts(_ shapes: [MatrixShape]) -> (matrix: Int, gram: Int) {
    (shapes.map(\.floatCount).max() ?? 0, shapes.map(\.gramCount).max() ?? 0)
  }

  /// Returns the number of floats in this memory and in the packed operands of these matrices' products. It is a
  /// Double, which no shape overflows.
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
  /// Writes the matrix in the memory's input to its output, with singular values near 1. Scales the input to norm 1.
  /// Padding of the input must be 0. The bits do not depend on the number of threads.
  ///
  /// - Complexity: O(m² n), where m is the shorter side and n the longer one.
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

  /// Returns the product of the polynomials of all iterations. Overwrites the Gram matrix.
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
