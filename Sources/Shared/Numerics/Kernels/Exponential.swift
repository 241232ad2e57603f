// eˣ for vectors of x ≤ 0, to 2 units in the last place.
//
// x = n · ln 2 + r with |r| ≤ ln 2 / 2 (Cody & Waite: ln 2 in two parts, so that n · ln 2 is exact). eʳ comes from the
// minimax polynomial of Cephes' expf, and 2ⁿ from building its exponent.

/// Below this bound, eˣ is no longer a normal number. The result is then the exponential of the bound, 1.2e-38.
private let smallestExponent: Float = -87.33654

/// Returns eˣ. `fuses` allows fused multiply-adds if the instruction set has them, which is faster and
/// changes last bits.
@inline(__always)
func exponential(_ x: Vector, fuses: Bool = false) -> Vector {
  let smallest = Vector(repeating: smallestExponent)
  let bounded = select(x, smallest, by: isLarger(smallest, x))
  // Adding 1.5 · 2²³ leaves no bits for a fraction: this rounds to the nearest integer without SSE4.1's instruction.
  let rounder = Vector(repeating: 12_582_912)
  let n = (bounded * 1.442_695_04 + rounder) - rounder
  let r = (bounded - n * 0.693_359_375) - n * -2.121_944_4e-4
  var polynomial = Vector(repeating: 1.987_569_1e-4)
  polynomial = hornerStep(polynomial, r, 1.398_199_9e-3, fuses: fuses)
  polynomial = hornerStep(polynomial, r, 8.333_452e-3, fuses: fuses)
  polynomial = hornerStep(polynomial, r, 4.166_579_6e-2, fuses: fuses)
  polynomial = hornerStep(polynomial, r, 0.166_666_65, fuses: fuses)
  polynomial = hornerStep(polynomial, r, 0.5, fuses: fuses)
  let mantissa = polynomial * (r * r) + r + 1
  let exponent = unsafeBitCast(n + (rounder + 127), to: IntegerVector.self) &<< 23
  return mantissa * unsafeBitCast(exponent, to: Vector.self)
}

/// Returns eˣ, or 0 where eˣ is not a normal number, since callers may multiply it by a large factor.
@inline(__always)
func vanishingExponential(_ x: Vector) -> Vector {
  select(
    exponential(x, fuses: true), Vector.zero, by: isLarger(Vector(repeating: smallestExponent), x))
}

/// Returns polynomial · x + coefficient. (Callers write the steps out. The compiler has turned a loop over an array of
/// coefficients, inside an inlined function, into calls.)
@inline(__always)
func hornerStep(_ polynomial: Vector, _ x: Vector, _ coefficient: Float, fuses: Bool = true) -> Vector {
  guard fuses else { return polynomial * x + coefficient }
  var sum = Vector(repeating: coefficient)
  multiplyAdd(&sum, polynomial, x)
  return sum
}
