// Random matrices with orthonormal rows or columns, for initial weights: Saxe et al. 2014, "Exact solutions to the
// nonlinear dynamics of learning in deep linear neural networks".
//
// A matrix of normal numbers is decomposed into Q and R, and Q is the result. Q is uniformly distributed over all such
// matrices if R's diagonal is positive (Mezzadri 2007, "How to generate random matrices from the classical compact
// groups"). PyTorch's `orthogonal_` decomposes by reflections and corrects the signs afterwards; the Gram–Schmidt
// process gives R a positive diagonal directly. Its modified form, in Double, makes rows orthogonal to far below the
// precision of Float.

import RandomNumbers

enum OrthogonalMatrix {
  /// Returns a matrix W [rows, columns], row-major. The smaller one of W Wᵀ and Wᵀ W is `gain`² times the identity.
  ///
  /// - Complexity: O(s² · l), s being the shorter side and l the longer one.
  static func draw(rows: Int, columns: Int, gain: Double, _ random: inout SplitMix64) -> [Float] {
    let (count, length) = (min(rows, columns), max(rows, columns))
    var vectors = (0..<count * length).map { _ in random.normal() }
    vectors.withUnsafeMutableBufferPointer { orthonormalize($0.baseAddress!, count: count, length: length) }
    if count == rows { return vectors.map { Float($0 * gain) } }
    return (0..<rows * columns).map { index in
      let (row, column) = index.quotientAndRemainder(dividingBy: columns)
      return Float(vectors[column * length + row] * gain)
    }
  }

  /// Makes the rows of [count, length] orthonormal, each to the rows before it. It uses pointers and plain loops,
  /// because nearly all of the time is spent here, in debug builds too.
  ///
  /// - Complexity: O(count² · length).
  private static func orthonormalize(_ start: UnsafeMutablePointer<Double>, count: Int, length: Int) {
    for number in 0..<count {
      let vector = start + number * length
      for earlier in 0..<number {
        let other = start + earlier * length
        let share = product(vector, other, count: length)
        var index = 0
        while index < length {
          vector[index] -= share * other[index]
          index &+= 1
        }
      }
      let norm = product(vector, vector, count: length).squareRoot()
      for index in 0..<length { vector[index] /= norm }
    }
  }

  /// Returns the dot product. It adds up four partial sums, since each addition waits for the one before it.
  private static func product(
    _ one: UnsafeMutablePointer<Double>, _ other: UnsafeMutablePointer<Double>, count: Int
  ) -> Double {
    var (a, b, c, d) = (0.0, 0.0, 0.0, 0.0)
    var index = 0
    while index &+ 3 < count {
      a += one[index] * other[index]
      b += one[index &+ 1] * other[index &+ 1]
      c += one[index &+ 2] * other[index &+ 2]
      d += one[index &+ 3] * other[index &+ 3]
      index &+= 4
    }
    while index < count {
      a += one[index] * other[index]
      index &+= 1
    }
    return (a + b) + (c + d)
  }
}
