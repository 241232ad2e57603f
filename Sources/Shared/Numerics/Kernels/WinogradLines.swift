// The constant matrices of F(m×m, 3×3), each as a function of a line: a row or a column of a tile. A transform of a tile
// is one of these along its columns, and then along its rows (Winograd.swift, WinogradGradient.swift).
//
// The matrices follow from n − 1 points and infinity. The polynomials that stand for a line and for the kernel are
// multiplied at these points (the Toom–Cook method; Lavin & Gray, section 5). With the finite points p,
// M(x) = Π (x − p), and f(p) = Π (p − q) over the other points q:
//
//     Aᵀ  column of p: 1, p, p², …      of infinity: 0, …, 0, 1
//     G   row of p: (1, p, p²) / f(p)   of infinity: (0, 0, 1)
//     Bᵀ  row of p: the coefficients of M(x) / (x − p)   of infinity: those of M(x)
//
// Tiles of four usually have the points 0, ±1, ±2. The points 0, ±¾, ±3⁄2 halve the root mean square of the error and
// reduce the largest error to 0.3 times, for a few more multiplications. Good points have powers that neither grow nor
// shrink much, and no two of them are close (Barabasz et al., "Error Analysis and Improving the Accuracy of Winograd
// Convolution for Deep Neural Networks", 2020).

/// Functions that read a line's values by index and write those of the transformed line. As functions, they can read
/// from one place in memory and write to another without a copy in between.
typealias WinogradLineReader = (_ index: Int) -> Vector
typealias WinogradLineWriter = (_ index: Int, _ value: Vector) -> Void

/// The transforms of a line of a tile. Each reads all values before it writes the first.
protocol WinogradLines {
  /// The size m of an output tile.
  static var outputSize: Int { get }
  /// The size of whole tiles: m, or that of the whole tiles beside a short one.
  static var wholeSize: Int { get }
  /// Writes Bᵀ · line: n values from n.
  static func transformInput(_ read: WinogradLineReader, _ write: WinogradLineWriter)
  /// Writes Aᵀ · line: m values from n.
  static func transformOutput(_ read: WinogradLineReader, _ write: WinogradLineWriter)
  /// Writes A · line: n values from m.
  static func transformGradient(_ read: WinogradLineReader, _ write: WinogradLineWriter)
  /// Writes B · line: n values from n.
  static func transformInputGradient(_ read: WinogradLineReader, _ write: WinogradLineWriter)
}

/// The transforms of a line of a kernel, likewise. Short tiles have those of the whole tiles beside them.
protocol WinogradKernelLines: WinogradLines {
  /// Writes G · line: n values from three.
  static func transformWeights(_ read: WinogradLineReader, _ write: WinogradLineWriter)
  /// Writes Gᵀ · line: three values from n.
  static func transformWeightGradient(_ read: WinogradLineReader, _ write: WinogradLineWriter)
}

extension WinogradLines {
  /// The size n = m + 2 of an input tile.
  @inline(__always)
  static var inputSize: Int { outputSize &+ 2 }

  @inline(__always)
  static var wholeSize: Int { outputSize }

  /// Components in a line of a whole tile.
  @inline(__always)
  static var componentCount: Int { wholeSize &+ 2 }

  /// The number of a line's component in a whole tile. A short line has its first components, and infinity.
  @inline(__always)
  static func component(_ index: Int) -> Int { index <= outputSize ? index : wholeSize &+ 1 }

  /// Returns a + b · c.
  @inline(__always)
  static func sum(_ a: Vector, _ b: Vector, _ c: Float) -> Vector { a.adding(b, times: Vector(repeating: c)) }
}

/// Points 0, 1, −1, ∞.
///
///          ⎡1  0 −1  0⎤        ⎡ 1   0   0 ⎤
///     Bᵀ = ⎢0  1  1  0⎥    G = ⎢ ½   ½   ½ ⎥    Aᵀ = ⎡1  1  1  0⎤
///          ⎢0 −1  1  0⎥        ⎢ ½  −½   ½ ⎥         ⎣0  1 −1 −1⎦
///          ⎣0  1  0 −1⎦        ⎣ 0   0   1 ⎦
///
/// These are Lavin & Gray's matrices. Their signs differ from the rule's for the point 0 in Bᵀ and G, and for
/// ∞ in Bᵀ and Aᵀ.
enum LinesOfTwo: WinogradKernelLines {
  @inline(__always)
  static var outputSize: Int { 2 }

  @inline(__always)
  static func transformInput(_ read: WinogradLineReader, _ write: WinogradLineWriter) {
    let (d0, d1, d2, d3) = (read(0), read(1), read(2), read(3))
    write(0, d0 - d2)
    write(1, d1 + d2)
    write(2, d2 - d1)
    write(3, d1 - d3)
  }

  @inline(__always)
  static func transformOutput(_ read: WinogradLineReader, _ write: WinogradLineWriter) {
    let (m0, m1, m2, m3) = (read(0), read(1), read(2), read(3))
    write(0, m0 + m1 + m2)
    write(1, m1 - m2 - m3)
  }

  @inline(__always)
  static func transformGradient(_ read: WinogradLineReader, _ write: WinogradLineWriter) {
    let (y0, y1) = (read(0), read(1))
    write(0, y0)
    write(1, y0 + y1)
    write(2, y0 - y1)
    write(3, Vector.zero - y1)
  }

  @inline(__always)
  static func transformInputGradient(_ read: WinogradLineReader, _ write: WinogradLineWriter) {
    let (t0, t1, t2, t3) = (read(0), read(1), read(2), read(3))
    write(0, t0)
    write(1, t1 - t2 + t3)
    write(2, t1 + t2 - t0)
    write(3, Vector.zero - t3)
  }

  @inline(__always)
  static func transformWeights(_ read: WinogradLineReader, _ write: WinogradLineWriter) {
    let (g0, g1, g2) = (read(0), read(1), read(2))
    write(0, g0)
    write(1, (g0 + g1 + g2) * 0.5)
    write(2, (g0 - g1 + g2) * 0.5)
    write(3, g2)
  }

  @inline(__always)
  static func transformWeightGradient(_ read: WinogradLineReader, _ write: WinogradLineWriter) {
    let (m0, m1, m2, m3) = (read(0), read(1), read(2), read(3))
    write(0, sum(m0, m1 + m2, 0.5))
    write(1, (m1 - m2) * 0.5)
    write(2, sum(m3, m1 + m2, 0.5))
  }
}

/// Points 0, 1, −1, −½, ∞. M(x) = x⁴ + ½ x³ − x² − ½ x.
///
///          ⎡−½ −1   ½  1  0⎤        ⎡ −2    0    0  ⎤
///          ⎢ 0  ½  3⁄2  1  0⎥        ⎢ ⅓    ⅓    ⅓  ⎥         ⎡1  1  1   1  0⎤
///     Bᵀ = ⎢ 0 −½  −½  1  0⎥    G = ⎢−1    1   −1  ⎥    Aᵀ = ⎢0  1 −1  −½  0⎥
///          ⎢ 0 −1   0  1  0⎥        ⎢8⁄3 −4⁄3  2⁄3 ⎥         ⎣0  1  1   ¼  1⎦
///          ⎣ 0 −½  −1  ½  1⎦        ⎣ 0    0    1  ⎦
enum LinesOfThree: WinogradKernelLines {
  @inline(__always)
  static var outputSize: Int { 3 }

  @inline(__always)
  static func transformInput(_ read: WinogradLineReader, _ write: WinogradLineWriter) {
    let (d0, d1, d2) = (read(0), read(1), read(2))
    let (d3, d4) = (read(3), read(4))
    let difference = d3 - d1
    write(0, sum(difference, d2 - d0, 0.5))
    write(1, sum(sum(d3, d1, 0.5), d2, 1.5))
    write(2, sum(d3, d1 + d2, -0.5))
    write(3, difference)
    write(4, sum(d4 - d2, difference, 0.5))
  }

  @inline(__always)
  static func transformOutput(_ read: WinogradLineReader, _ write: WinogradLineWriter) {
    let (m0, m1, m2) = (read(0), read(1), read(2))
    let (m3, m4) = (read(3), read(4))
    let even = m1 + m2
    write(0, m0 + even + m3)
    write(1, sum(m1 - m2, m3, -0.5))
    write(2, sum(even, m3, 0.25) + m4)
  }

  @inline(__always)
  static func transformGradient(_ read: WinogradLineReader, _ write: WinogradLineWriter) {
    let (y0, y1, y2) = (read(0), read(1), read(2))
    let even = y0 + y2
    write(0, y0)
    write(1, even + y1)
    write(2, even - y1)
    write(3, sum(sum(y0, y1, -0.5), y2, 0.25))
    write(4, y2)
  }

  @inline(__always)
  static func transformInputGradient(_ read: WinogradLineReader, _ write: WinogradLineWriter) {
    let (t0, t1, t2) = (read(0), read(1), read(2))
    let (t3, t4) = (read(3), read(4))
    write(0, t0 * -0.5)
    write(1, sum(sum(Vector.zero - t0 - t3, t1, 0.5), t2 + t4, -0.5))
    write(2, sum(sum(Vector.zero - t4, t1, 1.5), t0 - t2, 0.5))
    write(3, sum(t0 + t1 + t2 + t3, t4, 0.5))
    write(4, t4)
  }

  @inline(__always)
  static func transformWeights(_ read: WinogradLineReader, _ write: WinogradLineWriter) {
    let (g0, g1, g2) = (read(0), read(1), read(2))
    let even = g0 + g2
    write(0, g0 * -2)
    write(1, (even + g1) * (1 / 3))
    write(2, g1 - even)
    write(3, sum(sum(g0 * 4, g1, -2), g2, 1) * (2 / 3))
    write(4, g2)
  }

  @inline(__always)
  static func transformWeightGradient(_ read: WinogradLineReader, _ write: WinogradLineWriter) {
    let (m0, m1, m2) = (read(0), read(1), read(2))
    let (m3, m4) = (read(3), read(4))
    let (third, twoThirds) = (m1 * (1 / 3), m3 * (2 / 3))
    let even = third - m2
    write(0, sum(sum(even, m0, -2), twoThirds, 4))
    write(1, sum(third + m2, twoThirds, -2))
    write(2, even + twoThirds + m4)
  }
}

/// Lines with the points of a whole line of four, or with some of them.
protocol LinesWithPointsOfFour: WinogradLines {}

extension LinesWithPointsOfFour {
  @inline(__always)
  static var wholeSize: Int { 4 }
  @inline(__always)
  static var a: Float { 0.75 }
  @inline(__always)
  static var b: Float { 1.5 }
  @inline(__always)
  static var aa: Float { 0.5625 }
  @inline(__always)
  static var bb: Float { 2.25 }
}

/// Points 0, a, −a, b, −b, ∞ with a = ¾, b = 3⁄2. M(x) = x⁵ − (a² + b²) x³ + a² b² x.
///
///          ⎡a²b²    0   −a²−b²    0    1  0⎤
///          ⎢  0  −a b²   −b²     a    1  0⎥         ⎡1  1   1   1   1   0⎤
///     Bᵀ = ⎢  0   a b²   −b²    −a    1  0⎥    Aᵀ = ⎢0  a  −a   b  −b   0⎥
///          ⎢  0  −a² b   −a²     b    1  0⎥         ⎢0  a²  a²  b²  b²  0⎥
///          ⎢  0   a² b   −a²    −b    1  0⎥         ⎣0  a³ −a³  b³ −b³  1⎦
///          ⎣  0   a²b²     0   −a²−b²  0  1⎦
///
/// G has the rows (1, 0, 0) / f(0), (1, ±a, a²) / f(a), (1, ±b, b²) / f(b) and (0, 0, 1), with f(0) = a² b²,
/// f(a) = 2 a² (a² − b²) and f(b) = 2 b² (b² − a²).
enum LinesOfFour: LinesWithPointsOfFour, WinogradKernelLines {
  @inline(__always)
  static var outputSize: Int { 4 }

  @inline(__always)
  private static var sumOfSquares: Float { 2.8125 }
  @inline(__always)
  private static var productOfSquares: Float { 1.265625 }
  // All constants but these reciprocals of f are exact.
  @inline(__always)
  private static var byZero: Float { 1 / 1.265625 }
  @inline(__always)
  private static var byA: Float { -1 / 1.8984375 }
  @inline(__always)
  private static var byB: Float { 1 / 7.59375 }

  @inline(__always)
  static func transformInput(_ read: WinogradLineReader, _ write: WinogradLineWriter) {
    let (d0, d1, d2) = (read(0), read(1), read(2))
    let (d3, d4, d5) = (read(3), read(4), read(5))
    let (evenA, oddA) = (sum(d4, d2, -bb), sum(d3, d1, -bb))
    let (evenB, oddB) = (sum(d4, d2, -aa), sum(d3, d1, -aa))
    write(0, sum(sum(d4, d2, -sumOfSquares), d0, productOfSquares))
    write(1, sum(evenA, oddA, a))
    write(2, sum(evenA, oddA, -a))
    write(3, sum(evenB, oddB, b))
    write(4, sum(evenB, oddB, -b))
    write(5, sum(sum(d5, d3, -sumOfSquares), d1, productOfSquares))
  }

  @inline(__always)
  static func transformOutput(_ read: WinogradLineReader, _ write: WinogradLineWriter) {
    let (m0, m1, m2) = (read(0), read(1), read(2))
    let (m3, m4, m5) = (read(3), read(4), read(5))
    let (evenA, oddA, evenB, oddB) = (m1 + m2, m1 - m2, m3 + m4, m3 - m4)
    write(0, m0 + evenA + evenB)
    write(1, sum(oddA * a, oddB, b))
    write(2, sum(evenA * aa, evenB, bb))
    write(3, sum(sum(m5, oddA, a * aa), oddB, b * bb))
  }

  @inline(__always)
  static func transformGradient(_ read: WinogradLineReader, _ write: WinogradLineWriter) {
    let (y0, y1, y2, y3) = (read(0), read(1), read(2), read(3))
    let (evenA, oddA) = (sum(y0, y2, aa), sum(y1, y3, aa))
    let (evenB, oddB) = (sum(y0, y2, bb), sum(y1, y3, bb))
    write(0, y0)
    write(1, sum(evenA, oddA, a))
    write(2, sum(evenA, oddA, -a))
    write(3, sum(evenB, oddB, b))
    write(4, sum(evenB, oddB, -b))
    write(5, y3)
  }

  @inline(__always)
  static func transformInputGradient(_ read: WinogradLineReader, _ write: WinogradLineWriter) {
    let (t0, t1, t2) = (read(0), read(1), read(2))
    let (t3, t4, t5) = (read(3), read(4), read(5))
    let (evenA, oddA, evenB, oddB) = (t1 + t2, t1 - t2, t3 + t4, t3 - t4)
    write(0, t0 * productOfSquares)
    write(1, sum(sum(t5 * productOfSquares, oddA, -a * bb), oddB, -b * aa))
    write(2, sum(sum(t0 * -sumOfSquares, evenA, -bb), evenB, -aa))
    write(3, sum(sum(t5 * -sumOfSquares, oddA, a), oddB, b))
    write(4, t0 + evenA + evenB)
    write(5, t5)
  }

  @inline(__always)
  static func transformWeights(_ read: WinogradLineReader, _ write: WinogradLineWriter) {
    let (g0, g1, g2) = (read(0), read(1), read(2))
    let (evenA, evenB) = (sum(g0, g2, aa) * byA, sum(g0, g2, bb) * byB)
    write(0, g0 * byZero)
    write(1, sum(evenA, g1, a * byA))
    write(2, sum(evenA, g1, -a * byA))
    write(3, sum(evenB, g1, b * byB))
    write(4, sum(evenB, g1, -b * byB))
    write(5, g2)
  }

  @inline(__always)
  static func transformWeightGradient(_ read: WinogradLineReader, _ write: WinogradLineWriter) {
    let (m0, m1, m2) = (read(0), read(1), read(2))
    let (m3, m4, m5) = (read(3), read(4), read(5))
    let (evenA, evenB) = ((m1 + m2) * byA, (m3 + m4) * byB)
    write(0, sum(evenA + evenB, m0, byZero))
    write(1, sum((m1 - m2) * (a * byA), m3 - m4, b * byB))
    write(2, sum(sum(m5, evenA, aa), evenB, bb))
  }
}
