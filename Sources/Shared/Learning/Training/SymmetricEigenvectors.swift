// Eigenvalues and eigenvectors of a symmetric matrix by Jacobi's method (Jacobi 1846; Golub & Van Loan, "Matrix
// Computations", §8.5): rotations make one off-diagonal element after another 0, until only rounding errors remain off
// the diagonal.
//
// For matrices of a few hundred rows at most. Plain loops in Double, in a fixed order, give the same bits everywhere.

/// The eigenvalues of a symmetric matrix in descending order, with their eigenvectors.
struct SymmetricEigenvectors {
  private(set) var values: [Double]
  /// [count, count], one vector a row; the vectors are orthonormal. The value of largest magnitude in a vector, the
  /// first of equals, is positive.
  private(set) var vectors: [Double]

  /// A sweep rotates away each off-diagonal element once. The remainder shrinks quadratically, and ten sweeps are more
  /// than enough.
  private static let maximumSweeps = 60

  /// Decomposes `matrix`, [count, count], which must be symmetric and finite.
  ///
  /// - Complexity: O(count³) per sweep. About ten sweeps suffice.
  init(of matrix: [Double], count: Int) {
    precondition(matrix.count == count * count, "\(matrix.count) values for a matrix of \(count) rows")
    var matrix = matrix
    var rows = [Double](repeating: 0, count: count * count)
    for index in 0..<count { rows[index * count + index] = 1 }
    matrix.withUnsafeMutableBufferPointer { matrix in
      rows.withUnsafeMutableBufferPointer { rows in
        guard let matrix = matrix.baseAddress, let rows = rows.baseAddress else { return }
        Self.diagonalize(matrix, rows, count)
      }
    }
    let diagonal = (0..<count).map { matrix[$0 * count + $0] }
    let order = (0..<count).sorted { (-diagonal[$0], $0) < (-diagonal[$1], $1) }
    values = order.map { diagonal[$0] }
    vectors = order.flatMap { Self.directed(rows[$0 * count..<($0 + 1) * count]) }
  }

  private static func directed(_ vector: ArraySlice<Double>) -> [Double] {
    let largest = vector.reduce(0) { abs($1) > abs($0) ? $1 : $0 }
    return vector.map { largest < 0 ? -$0 : $0 }
  }

  private static func diagonalize(
    _ matrix: UnsafeMutablePointer<Double>, _ vectors: UnsafeMutablePointer<Double>, _ count: Int
  ) {
    var total = 0.0
    for index in 0..<count * count { total += matrix[index] * matrix[index] }
    let rounding = Double(count) * Double.ulpOfOne
    for _ in 0..<maximumSweeps {
      var beside = 0.0
      for row in 0..<count {
        for column in 0..<row { beside += 2 * matrix[row * count + column] * matrix[row * count + column] }
      }
      guard beside > rounding * rounding * total else { return }
      for first in 0..<count {
        for second in first + 1..<count { rotate(matrix, vectors, count, first, second) }
      }
    }
  }

  /// Makes the element in row `p` and column `q` 0, for p < q.
  ///
  /// - Complexity: O(count).
  private static func rotate(
    _ matrix: UnsafeMutablePointer<Double>, _ vectors: UnsafeMutablePointer<Double>, _ count: Int, _ p: Int,
    _ q: Int
  ) {
    let element = matrix[p * count + q]
    guard element != 0 else { return }
    let ratio = (matrix[q * count + q] - matrix[p * count + p]) / (2 * element)
    // The smaller root of t² + 2 ratio t − 1, the tangent of an angle of at most 45°; 0 if the ratio is infinite.
    let tangent = (ratio < 0 ? -1 : 1) / (abs(ratio) + (ratio * ratio + 1).squareRoot())
    let cosine = 1 / (tangent * tangent + 1).squareRoot()
    let sine = tangent * cosine
    turn(matrix + p * count, matrix + q * count, stride: 1, count, cosine, sine)
    turn(matrix + p, matrix + q, stride: count, count, cosine, sine)
    turn(vectors + p * count, vectors + q * count, stride: 1, count, cosine, sine)
    matrix[p * count + q] = 0
    matrix[q * count + p] = 0
  }

  private static func turn(
    _ one: UnsafeMutablePointer<Double>, _ other: UnsafeMutablePointer<Double>, stride: Int, _ count: Int,
    _ cosine: Double, _ sine: Double
  ) {
    var place = 0
    for _ in 0..<count {
      let (a, b) = (one[place], other[place])
      one[place] = cosine * a - sine * b
      other[place] = sine * a + cosine * b
      place &+= stride
    }
  }
}
