// The constant matrices of short lines of tiles: three or two outputs beside whole tiles of four.
//
// They share the transformed weights of LinesOfFour (WinogradLines.swift), whose G divides the row of a point p by (p − q)
// for each other point q. With fewer points, there would be fewer divisors. Rows of Bᵀ make up for them, with a factor
// (p − q) for each point q that is left out:
//
//     Bᵀ  row of p: the coefficients of M(x) / (x − p), times Π (p − q)   of infinity: those of M(x)
//
// M(x) has the roots that are left. Aᵀ follows the rule.

import KernelInterface

/// Three outputs: points 0, a, −a, b, ∞ with a = ¾, b = 3⁄2; −b is left out. M(x) = (x² − a²) (x² − b x).
///
///          ⎡a²b²  −a²b      −b²     b    0⎤
///          ⎢ 0  −ab(a+b)  a²−b²   a+b   0⎥         ⎡1  1   1   1   0⎤
///     Bᵀ = ⎢ 0  −ab(a−b)  a²−b²   b−a   0⎥    Aᵀ = ⎢0  a  −a   b   0⎥
///          ⎢ 0  −2a²b       0     2b    0⎥         ⎣0  a²  a²  b²  1⎦
///          ⎣ 0    a²b      −a²    −b    1⎦
enum ShortLinesOfThree: LinesWithPointsOfFour {
  @inline(__always)
  static var outputSize: Int { 3 }

  @inline(__always)
  static func transformInput(_ read: WinogradLineReader, _ write: WinogradLineWriter) {
    let (d0, d1, d2) = (read(0), read(1), read(2))
    let (d3, d4) = (read(3), read(4))
    let odd = sum(d3, d1, -aa)
    let middle = d2 * (aa - bb)
    write(0, sum(odd * b, sum(d2, d0, -aa), -bb))
    write(1, sum(middle, sum(d3, d1, -a * b), a + b))
    write(2, sum(middle, sum(d3, d1, a * b), b - a))
    write(3, odd * (2 * b))
    write(4, sum(sum(d4, d2, -aa), odd, -b))
  }

  @inline(__always)
  static func transformOutput(_ read: WinogradLineReader, _ write: WinogradLineWriter) {
    let (m0, m1, m2) = (read(0), read(1), read(2))
    let (m3, m4) = (read(3), read(4))
    let (even, odd) = (m1 + m2, m1 - m2)
    write(0, m0 + even + m3)
    write(1, sum(odd * a, m3, b))
    write(2, sum(sum(m4, even, aa), m3, bb))
  }

  @inline(__always)
  static func transformGradient(_ read: WinogradLineReader, _ write: WinogradLineWriter) {
    let (y0, y1, y2) = (read(0), read(1), read(2))
    let even = sum(y0, y2, aa)
    write(0, y0)
    write(1, sum(even, y1, a))
    write(2, sum(even, y1, -a))
    write(3, sum(sum(y0, y2, bb), y1, b))
    write(4, y2)
  }

  @inline(__always)
  static func transformInputGradient(_ read: WinogradLineReader, _ write: WinogradLineWriter) {
    let (t0, t1, t2) = (read(0), read(1), read(2))
    let (t3, t4) = (read(3), read(4))
    // The part of the columns of d₁ and d₃ that they share, but for a factor.
    let shared = sum(t0 - t4, t3, 2)
    let product = a * b
    let (sumOfPoints, difference) = (a + b, b - a)
    write(0, t0 * (aa * bb))
    write(1, sum(sum(shared * (-aa * b), t1, -product * sumOfPoints), t2, product * difference))
    write(2, sum(sum(t4 * -aa, t0, -bb), t1 + t2, aa - bb))
    write(3, sum(sum(shared * b, t1, sumOfPoints), t2, difference))
    write(4, t4)
  }
}

/// Two outputs: points 0, a, −a, ∞ with a = ¾; ±b = ±3⁄2 are left out. M(x) = x³ − a² x.
///
///          ⎡a²b²     0      −b²   0⎤
///     Bᵀ = ⎢ 0   a(a²−b²)  a²−b²  0⎥    Aᵀ = ⎡1  1   1  0⎤
///          ⎢ 0  −a(a²−b²)  a²−b²  0⎥         ⎣0  a  −a  1⎦
///          ⎣ 0     −a²       0    1⎦
enum ShortLinesOfTwo: LinesWithPointsOfFour {
  @inline(__always)
  static var outputSize: Int { 2 }

  @inline(__always)
  private static var difference: Float { aa - bb }

  @inline(__always)
  static func transformInput(_ read: WinogradLineReader, _ write: WinogradLineWriter) {
    let (d0, d1, d2, d3) = (read(0), read(1), read(2), read(3))
    let even = d2 * difference
    write(0, sum(d0 * (aa * bb), d2, -bb))
    write(1, sum(even, d1, a * difference))
    write(2, sum(even, d1, -a * difference))
    write(3, sum(d3, d1, -aa))
  }

  @inline(__always)
  static func transformOutput(_ read: WinogradLineReader, _ write: WinogradLineWriter) {
    let (m0, m1, m2, m3) = (read(0), read(1), read(2), read(3))
    write(0, m0 + m1 + m2)
    write(1, sum(m3, m1 - m2, a))
  }

  @inline(__always)
  static func transformGradient(_ read: WinogradLineReader, _ write: WinogradLineWriter) {
    let (y0, y1) = (read(0), read(1))
    write(0, y0)
    write(1, sum(y0, y1, a))
    write(2, sum(y0, y1, -a))
    write(3, y1)
  }

  @inline(__always)
  static func transformInputGradient(_ read: WinogradLineReader, _ write: WinogradLineWriter) {
    let (t0, t1, t2, t3) = (read(0), read(1), read(2), read(3))
    write(0, t0 * (aa * bb))
    write(1, sum((t1 - t2) * (a * difference), t3, -aa))
    write(2, sum(t0 * -bb, t1 + t2, difference))
    write(3, t3)
  }
}
